import type { ReactNode } from 'react';
import { Navigate } from 'react-router';
import { useMe } from '../api/session.js';
import { useAsOf, withAsOf } from '../as-of.js';

/** The page that somebody begins with: leaders with the week, operations with the processes, everybody else with their own day. */
export function Home(): ReactNode {
  const { roles } = useMe();
  const asOf = useAsOf();
  const to = roles.includes('manager') ? '/week' : roles.includes('operations') ? '/processes' : '/day';
  return <Navigate to={withAsOf(to, asOf)} replace />;
}
