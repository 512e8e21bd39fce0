import type { RouteObject } from 'react-router';
import { page } from '../../page-route.js';

export const auditorsRoutes: readonly RouteObject[] = [
  page('/audit/steps', () => import('./find.js')),
  page('/audit/log', () => import('./log.js')),
  page('/audit/deals/:id', () => import('./story.js')),
];
