import type { CycleTimeAnswer, NaiveTime, TimeToWon } from '@coxswain/projections';
import { count, days, percent, tenths, UNKNOWN } from '../words.js';
import { range, section, tableOf, type Cell, type Section } from './blocks.js';
import { labelled, named } from './names.js';

const UNTIL_WON = ['median days', '85 % within, days', 'naive: median, 85 %', 'won', 'lost', 'open', 'why not'];

const naively = ({ medianDays, p85Days, of }: NaiveTime): string =>
  of === 0 ? UNKNOWN : `${days(medianDays)}, ${days(p85Days)} (of ${count(of)})`;

const untilWon = ({ medianDays, p85Days, naive, won, lost, open, why }: TimeToWon): Cell[] => [
  days(medianDays),
  days(p85Days),
  naively(naive),
  won,
  lost,
  open,
  why ?? '',
];

export function cycleTime({ leadToWon, qualifiedToWon, stages }: CycleTimeAnswer['groups'][number]): Section[] {
  const within = ([name, { wonWithin }]: readonly [string, TimeToWon]): Cell[][] =>
    wonWithin.map(({ days: limit, share, low, high, atRisk }) => [
      name,
      count(limit),
      share === null ? UNKNOWN : `${percent(share)} (${tenths(low!)} to ${tenths(high!)} %)`,
      share === null ? '' : range(low!, share, high!, 1),
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
    section(
      null,
      tableOf(['share won', 'within days', 'share (95 % interval)', '', 'deals followed so long'], cohorts.flatMap(within)),
    ),
    section(
      null,
      tableOf(
        [
          'time in stage',
          'median days (95 % interval)',
          'at risk',
          '85 % within, days',
          'naive: median, 85 %',
          'visits',
          'again',
          'ended',
          'open',
          'why not',
        ],
        stages.map((stage) => [
          labelled(stage),
          stage.medianDays === null
            ? UNKNOWN
            : `${days(stage.medianDays)} (${days(stage.medianLowDays)} to ${days(stage.medianHighDays)})`,
          stage.atRisk ?? UNKNOWN,
          days(stage.p85Days),
          naively(stage.naive),
          stage.visits,
          stage.reentries,
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
  'Deals still open count as "at least this long"; naive leaves them out, and so is too short. "Again": visits of deals that had stood there before. "-" means not known; the last column says why, and a share needs 20 deals followed so long.',
];
