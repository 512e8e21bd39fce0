import type { RouteObject } from 'react-router';

export const sellersRoutes: readonly RouteObject[] = [];
