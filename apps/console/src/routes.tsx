import { createBrowserRouter } from 'react-router';
import { auditorsRoutes } from './pages/auditors/routes.js';
import { importsRoutes } from './pages/imports/routes.js';
import { leadersRoutes } from './pages/leaders/routes.js';
import { operationsRoutes } from './pages/operations/routes.js';
import { sellersRoutes } from './pages/sellers/routes.js';
import { Broken } from './shell/broken.js';
import { Home } from './shell/home.js';
import { NotFound } from './shell/not-found.js';
import { Shell } from './shell/shell.js';

/** Every address of the console. Whoever adds a page adds it to the routes of its audience, and to `shell/navigation.ts` where it has a place in the menu. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { index: true, element: <Home /> },
      ...sellersRoutes,
      ...auditorsRoutes,
      ...leadersRoutes,
      ...operationsRoutes,
      ...importsRoutes,
      { path: '*', element: <NotFound /> },
    ],
  },
]);
