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
  readonly places: readonly Place[];
}

/** The menu: one group for each audience, in the order in which most people need them. */
export const GROUPS: readonly PlaceGroup[] = [
  {
    label: sellers.nav.group,
    places: [
      { to: '/day', label: sellers.nav.day, key: 'd' },
      { to: '/board', label: sellers.nav.board, key: 'b' },
      { to: '/deals', label: sellers.nav.deals, key: 'l' },
    ],
  },
  {
    label: leaders.nav.group,
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
    places: [
      { to: '/audit/steps', label: auditors.nav.find, key: 's' },
      { to: '/audit/log', label: auditors.nav.log, key: 'v' },
    ],
  },
  {
    label: operations.nav.group,
    places: [
      { to: '/processes', label: operations.nav.processes, key: 'p' },
      { to: '/import', label: imports.nav.imports, key: 'i' },
    ],
  },
];

export const PLACES: readonly Place[] = GROUPS.flatMap(({ places }) => places);
