import type { RouteObject } from 'react-router';

export const auditorsRoutes: readonly RouteObject[] = [];
