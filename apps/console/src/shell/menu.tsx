import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useAsOf, withAsOf } from '../as-of.js';
import { common } from '../texts/common.js';
import { Yourself } from './as-of-bar.js';
import { useMe } from '../api/session.js';
import { groupsFor, type PlaceGroup } from './navigation.js';

/** The menu at the side; on a phone it comes over the page. */
export function Menu({ open }: { readonly open: boolean }): ReactNode {
  const asOf = useAsOf();
  const { own, others } = groupsFor(useMe().roles);
  return (
    <nav id="menu" className={open ? 'menu open' : 'menu'} aria-label={common.menu}>
      {own.map((group) => (
        <Places key={group.label} group={group} asOf={asOf} />
      ))}
      {own.length > 0 && others.length > 0 && <p className="others">{common.othersPages}</p>}
      {others.map((group) => (
        <Places key={group.label} group={group} asOf={asOf} />
      ))}
      <Yourself />
    </nav>
  );
}

const Places = ({ group, asOf }: { readonly group: PlaceGroup; readonly asOf: string | null }): ReactNode => (
  <section>
    <h2>{group.label}</h2>
    <ul>
      {group.places.map(({ to, label }) => (
        <li key={to}>
          <NavLink to={withAsOf(to, asOf)}>{label}</NavLink>
        </li>
      ))}
    </ul>
  </section>
);
