import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { useAsOf, withAsOf } from '../as-of.js';

/** A link inside the console. It keeps the instant that is looked at. */
export function Link({
  to,
  children,
  className,
  label,
}: {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly label?: string;
}): ReactNode {
  return (
    <RouterLink
      to={withAsOf(to, useAsOf())}
      className={className ?? 'link'}
      {...(label === undefined ? {} : { 'aria-label': label })}
    >
      {children}
    </RouterLink>
  );
}

/** A number, as a link to the deals or events it stands on. `of` says what it counts, for those who hear the page. */
export function Figure({
  to,
  children,
  of,
}: {
  readonly to: string;
  readonly children: ReactNode;
  readonly of: string;
}): ReactNode {
  return (
    <Link to={to} className="figure">
      {children}
      <span className="unseen"> {of}</span>
    </Link>
  );
}
