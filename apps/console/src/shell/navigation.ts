import { auditors } from '../texts/auditors.js';
import { imports } from '../texts/imports.js';
import { leaders } from '../texts/leaders.js';
import { operations } from '../texts/operations.js';
import { sellers } from '../texts/sellers.js';

export interface Place {
  readonly to: string;
  readonly label: string;
  /** The letter that goes there after `g`. */
  readonly key?: string;
}

export interface PlaceGroup {
  readonly label: string;
  /** Whoever has one of these finds the group on top of the menu. */
  readonly roles: readonly string[];
  readonly places: readonly Place[];
}

/** The menu: one group for each audience, in the order in which most people need them. */
export const GROUPS: readonly PlaceGroup[] = [
  {
    label: sellers.nav.group,
    roles: ['sdr', 'rep', 'manager', 'success'],
    places: [
      { to: '/day', label: sellers.nav.day, key: 'd' },
      { to: '/board', label: sellers.nav.board, key: 'b' },
      { to: '/deals', label: sellers.nav.deals, key: 'l' },
    ],
  },
  {
    label: leaders.nav.group,
    roles: ['manager'],
    places: [
      { to: '/week', label: leaders.nav.week, key: 'w' },
      { to: '/forecast', label: leaders.nav.forecast, key: 'f' },
      { to: '/together', label: leaders.nav.together, key: 'o' },
      { to: '/funnel', label: leaders.nav.funnel, key: 'u' },
      { to: '/cycle-time', label: leaders.nav.cycle, key: 'c' },
      { to: '/adherence', label: leaders.nav.adherence, key: 'a' },
    ],
  },
  {
    label: auditors.nav.group,
    roles: ['auditor'],
    places: [
      { to: '/audit/steps', label: auditors.nav.find, key: 's' },
      { to: '/audit/log', label: auditors.nav.log, key: 'v' },
    ],
  },
  {
    label: operations.nav.group,
    roles: ['operations', 'admin'],
    places: [
      { to: '/processes', label: operations.nav.processes, key: 'p' },
      { to: '/import', label: imports.nav.imports, key: 'i' },
    ],
  },
];

export const PLACES: readonly Place[] = GROUPS.flatMap(({ places }) => places);

/** The groups of somebody with these roles, the one they begin with first, and those of others. All of them may be read by everybody. */
export function groupsFor(roles: readonly string[]): {
  readonly own: readonly PlaceGroup[];
  readonly others: readonly PlaceGroup[];
} {
  const home = homeOf(roles);
  const beginsHere = ({ places }: PlaceGroup): boolean => places.some(({ to }) => to === home);
  const isOwn = (group: PlaceGroup): boolean => beginsHere(group) || group.roles.some((role) => roles.includes(role));
  return {
    own: GROUPS.filter(isOwn).toSorted((a, b) => Number(beginsHere(b)) - Number(beginsHere(a))),
    others: GROUPS.filter((group) => !isOwn(group)),
  };
}

/** The page that somebody begins with: leaders with the week, operations with the processes, everybody else with their own day. */
export const homeOf = (roles: readonly string[]): string =>
  roles.includes('manager') ? '/week' : roles.includes('operations') ? '/processes' : '/day';
