import type { ReactNode } from 'react';
import { Navigate } from 'react-router';
import { useMe } from '../api/session.js';
import { useAsOf, withAsOf } from '../as-of.js';
import { homeOf } from './navigation.js';

export function Home(): ReactNode {
  const { roles } = useMe();
  const asOf = useAsOf();
  return <Navigate to={withAsOf(homeOf(roles), asOf)} replace />;
}
