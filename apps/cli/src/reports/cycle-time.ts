import type { CycleTimeAnswer, TimeToWon } from '@coxswain/projections';
import { count, days, percent, UNKNOWN } from '../words.js';
import { section, tableOf, type Section } from './blocks.js';
import { labelled, named } from './names.js';

const UNTIL_WON = ['median days', '85 % within, days', 'won', 'lost', 'open', 'why not'];

const untilWon = ({ medianDays, p85Days, won, lost, open, why }: TimeToWon): (string | number)[] => [
  days(medianDays),
  days(p85Days),
  won,
  lost,
  open,
  why ?? '',
];

export function cycleTime({ leadToWon, qualifiedToWon, stages }: CycleTimeAnswer['groups'][number]): Section[] {
  const within = ([name, { wonWithin }]: readonly [string, TimeToWon]): string[][] =>
    wonWithin.map(({ days: limit, share, atRisk }) => [
      name,
      count(limit),
      share === null ? UNKNOWN : percent(share),
      count(atRisk),
    ]);
  const cohorts: (readonly [string, TimeToWon])[] = [
    ['from lead', leadToWon],
    ['from qualified', qualifiedToWon],
  ];
  return [
    section(
      null,
      tableOf(
        ['until won', ...UNTIL_WON],
        cohorts.map(([name, time]) => [name, ...untilWon(time)]),
      ),
    ),
    section(null, tableOf(['share won', 'within days', 'share', 'deals followed so long'], cohorts.flatMap(within))),
    section(
      null,
      tableOf(
        ['time in stage', 'median days', '85 % within, days', 'visits', 'ended', 'open', 'why not'],
        stages.map((stage) => [
          labelled(stage),
          days(stage.medianDays),
          days(stage.p85Days),
          stage.visits,
          stage.ended,
          stage.open,
          stage.why ?? '',
        ]),
      ),
    ),
  ];
}

export const cycleTimes = ({ groups }: CycleTimeAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [`${by}, from lead until won`, ...UNTIL_WON],
      groups.map((group) => [named(group), ...untilWon(group.leadToWon)]),
    ),
  ),
];

export const cycleTimeNotes = [
  'Deals still open count as "at least this long". "-" means not known; the last column says why, and a share needs 20 deals followed so long.',
];
