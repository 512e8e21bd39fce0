import type { ComponentType } from 'react';
import type { RouteObject } from 'react-router';

type PageModule = () => Promise<{ readonly default: ComponentType }>;

/** A page by the file that holds it, loaded when somebody goes there: `page('/board', () => import('./board.js'))`. */
export const page = (path: string, load: PageModule): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load()).default }),
});
