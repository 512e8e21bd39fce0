import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { auditorsRoutes } from './pages/auditors/routes.js';
import { importsRoutes } from './pages/imports/routes.js';
import { leadersRoutes } from './pages/leaders/routes.js';
import { operationsRoutes } from './pages/operations/routes.js';
import { sellersRoutes } from './pages/sellers/routes.js';
import { Broken } from './shell/broken.js';
import { NotFound } from './shell/not-found.js';
import { Shell } from './shell/shell.js';

/** A page by the file that holds it, loaded when somebody goes there: `page('/board', () => import('./board.js'))`. */
export type PageModule = () => Promise<{ readonly default: ComponentType }>;

export const page = (path: string, load: PageModule): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load()).default }),
});

/** Every address of the console. Whoever adds a page adds it to the routes of its audience, and to `shell/navigation.ts` where it has a place in the menu. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { index: true, element: <Navigate to="/day" replace /> },
      ...sellersRoutes,
      ...auditorsRoutes,
      ...leadersRoutes,
      ...operationsRoutes,
      ...importsRoutes,
      { path: '*', element: <NotFound /> },
    ],
  },
]);
