import type { RouteObject } from 'react-router';
import { page } from '../../page-route.js';

export const operationsRoutes: readonly RouteObject[] = [
  page('/processes', () => import('./processes.js')),
  page('/processes/:id', () => import('./process.js')),
  page('/processes/:id/change', () => import('./change.js')),
  page('/processes/:id/try', () => import('./try.js')),
];
