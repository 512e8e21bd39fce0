import type { RouteObject } from 'react-router';
import { page } from '../../page-route.js';

export const sellersRoutes: readonly RouteObject[] = [
  page('/day', () => import('./day.js')),
  page('/board', () => import('./board.js')),
  page('/deals', () => import('./deals.js')),
  page('/deals/:id', () => import('./deal.js')),
];
