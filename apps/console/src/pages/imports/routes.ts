import type { RouteObject } from 'react-router';

export const importsRoutes: readonly RouteObject[] = [];
