import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useAsOf, withAsOf } from '../as-of.js';
import { common } from '../texts/common.js';
import { Yourself } from './as-of-bar.js';
import { GROUPS } from './navigation.js';

/** The menu at the side; on a phone it comes over the page. */
export function Menu({ open }: { readonly open: boolean }): ReactNode {
  const asOf = useAsOf();
  return (
    <nav id="menu" className={open ? 'menu open' : 'menu'} aria-label={common.menu}>
      {GROUPS.map(({ label, places }) => (
        <section key={label}>
          <h2>{label}</h2>
          <ul>
            {places.map(({ to, label: name }) => (
              <li key={to}>
                <NavLink to={withAsOf(to, asOf)}>{name}</NavLink>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Yourself />
    </nav>
  );
}
