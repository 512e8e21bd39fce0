import type { Money } from '@coxswain/sales-process';
import type { ScorecardAnswer, ScorecardPeriod } from '@coxswain/projections';
import { amounts, count, days, money, percent, rate, UNKNOWN } from '../words.js';
import { section, tableOf, trend, type Cell, type Section } from './blocks.js';
import { labelled, named } from './names.js';

type Group = ScorecardAnswer['groups'][number];

const share = (of: number | null): string => (of === null ? UNKNOWN : percent(of));
const times = (of: number | null): string => (of === null ? UNKNOWN : `${of.toFixed(1)} x`);
const major = (minor: number | null, like: Money | undefined): string =>
  minor === null ? UNKNOWN : like ? money({ minor, currency: like.currency }) : count(minor / 100);

/** A currency that the periods speak of. */
const currencyOf = (periods: readonly ScorecardPeriod[]): Money | undefined =>
  periods.flatMap(({ target, won, open }) => [...(target ? [target] : []), ...won.amounts, ...open.amounts])[0];

const nameOf = ({ period, when }: ScorecardPeriod): string => `${period}${when === 'current' ? ' (now)' : ''}`;

export function scorecard({ periods }: Group): Section[] {
  const like = currencyOf(periods);
  const last = periods.at(-1);
  return [
    section(
      null,
      tableOf(
        [
          'period',
          'captured',
          'qualified',
          'won',
          'worth',
          'lost',
          'win rate (95 % interval)',
          'average win',
          'median days to win',
        ],
        periods.map((one) => [
          nameOf(one),
          one.captured,
          one.qualified,
          one.won.deals,
          amounts(one.won.amounts),
          one.lost,
          rate(one.winRate),
          `${major(one.averageWin.minor, like)}${one.averageWin.of > 0 ? ` (of ${count(one.averageWin.of)})` : ''}`,
          `${days(one.cycleDaysMedian.days)}${one.cycleDaysMedian.of > 0 ? ` (of ${count(one.cycleDaysMedian.of)})` : ''}`,
        ]),
      ),
    ),
    section(
      null,
      tableOf(
        [
          'period',
          'target',
          'attained',
          'coverage at start',
          'coverage now',
          'slipped, of what was to close',
          'open',
          'worth',
          'velocity, a day',
        ],
        periods.map((one) => [
          nameOf(one),
          one.target ? money(one.target) : UNKNOWN,
          share(one.attainment),
          times(one.coverageAtStart),
          times(one.coverageNow),
          one.slippage.deals.of === 0
            ? UNKNOWN
            : `${share(one.slippage.rate)} of ${major(one.slippage.ofMinor, like)} (${count(one.slippage.deals.count)} of ${count(one.slippage.deals.of)})`,
          one.open.deals,
          amounts(one.open.amounts),
          one.velocity.minorPerDay === null ? `${UNKNOWN} (${one.velocity.why})` : major(one.velocity.minorPerDay, like),
        ]),
      ),
    ),
    section(
      null,
      tableOf(
        ['over the periods', ''],
        [
          ['won', trend(periods.map(({ won }) => won.deals))],
          ['captured', trend(periods.map(({ captured }) => captured))],
          ['open', trend(periods.map(({ open }) => open.deals))],
          ['velocity', trend(periods.map(({ velocity }) => velocity.minorPerDay))],
        ],
      ),
    ),
    ...(last && last.ageing.length > 0
      ? [
          section(
            `Open deals by stage, ${nameOf(last)}`,
            tableOf(
              ['stage', 'deals', 'median days there', 'older than 85 in 100 stays'],
              last.ageing.map((one) => [labelled(one), one.deals, days(one.ageDaysMedian), rate(one.old)]),
            ),
          ),
        ]
      : []),
  ];
}

export function scorecards({ groups }: ScorecardAnswer, by: string): Section[] {
  const [first] = groups;
  const shown = first?.periods.at(-1);
  return [
    section(
      null,
      tableOf(
        [
          `${by}${shown ? `, ${nameOf(shown)}` : ''}`,
          'won',
          'worth',
          'target',
          'attained',
          'coverage now',
          'win rate (95 % interval)',
          'open',
          'worth',
          'won before',
        ],
        groups.map((group): Cell[] => {
          const last = group.periods.at(-1)!;
          return [
            named(group),
            last.won.deals,
            amounts(last.won.amounts),
            last.target ? money(last.target) : UNKNOWN,
            share(last.attainment),
            times(last.coverageNow),
            rate(last.winRate),
            last.open.deals,
            amounts(last.open.amounts),
            trend(group.periods.map(({ won }) => won.deals)),
          ];
        }),
      ),
    ),
  ];
}

export const scorecardNotes = [
  'Figures of a period that is over are those of its end. Coverage: open deals that are to close in the period / (target - won). Velocity: open deals x average win x win rate / median days to win, the last three of the year before. Median days to win are of the wins alone; "report cycle-time" counts the open ones too.',
];
