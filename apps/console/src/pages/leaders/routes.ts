import type { RouteObject } from 'react-router';
import { page } from '../../page-route.js';

export const leadersRoutes: readonly RouteObject[] = [
  page('/week', () => import('./week.js')),
  page('/forecast', () => import('./forecast.js')),
  page('/together', () => import('./together.js')),
  page('/funnel', () => import('./funnel.js')),
  page('/cycle-time', () => import('./cycle-time.js')),
  page('/adherence', () => import('./adherence.js')),
  page('/behind/:measure', () => import('./behind.js')),
];
