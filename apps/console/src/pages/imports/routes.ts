import type { RouteObject } from 'react-router';
import { page } from '../../page-route.js';

export const importsRoutes: readonly RouteObject[] = [page('/import', () => import('./import.js'))];
