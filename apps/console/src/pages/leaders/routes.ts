import type { RouteObject } from 'react-router';

export const leadersRoutes: readonly RouteObject[] = [];
