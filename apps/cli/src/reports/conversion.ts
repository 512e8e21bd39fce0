import type { ConversionAnswer, ConversionStep, Share } from '@coxswain/projections';
import { count, days, percent, rate, tenths, UNKNOWN } from '../words.js';
import { range, section, tableOf, type Cell, type Section, type Table } from './blocks.js';
import { named } from './names.js';

const HEAD = [
  'gone on (95 % interval)',
  '',
  'within days',
  'at risk',
  'naive (95 % interval)',
  'may still',
  'lost',
  'ended otherwise',
];

const told = ({ converted, naive, open, ended, lost }: ConversionStep): Cell[] => [
  share(converted),
  converted.share === null ? '' : range(converted.low!, converted.share, converted.high!, 1),
  converted.share === null ? UNKNOWN : converted.withinDays === null ? 'all ended' : days(converted.withinDays),
  converted.share === null || converted.withinDays === null ? UNKNOWN : converted.atRisk,
  rate(naive),
  open,
  lost,
  ended - lost,
];

const share = ({ share: of, low, high, why }: Share): string =>
  of === null ? `${UNKNOWN} (${why})` : `${percent(of)} (${tenths(low!)} to ${tenths(high!)} %)`;

const pair = ({ fromLabel, toLabel }: ConversionStep): string => `${fromLabel} to ${toLabel}`;

/** What share has gone on within so many days, one column an age. */
function byAge(steps: readonly ConversionStep[]): Table {
  const ages = steps[0]?.within.map(({ days: age }) => age) ?? [];
  return tableOf(
    ['gone on within days', ...ages.map(count), 'told until day'],
    steps.map((step) => [
      pair(step),
      ...step.within.map(({ share: of }) => (of === null ? UNKNOWN : percent(of))),
      step.converted.share === null ? UNKNOWN : step.estimableUntilDays === null ? 'all ended' : days(step.estimableUntilDays),
    ]),
  );
}

/** Those of which anything is told, each pair once. */
function ages(funnel: readonly ConversionStep[], steps: readonly ConversionStep[]): Section[] {
  const names = new Set<string>();
  const known = [...funnel, ...steps].filter((step) => {
    const isNew = !names.has(pair(step));
    names.add(pair(step));
    return isNew && step.within.some(({ share: of }) => of !== null);
  });
  return known.length === 0 ? [] : [section(null, byAge(known))];
}

export function conversion({ funnel, steps, cohorts }: ConversionAnswer['groups'][number]): Section[] {
  const rows = (list: readonly ConversionStep[]): Table['rows'] => list.map((step) => [pair(step), ...told(step)]);
  return [
    section(null, tableOf(['funnel', ...HEAD], rows(funnel))),
    section(null, tableOf(['stage by stage', ...HEAD], rows(steps))),
    ...ages(funnel, steps),
    ...(cohorts.length === 0
      ? []
      : [
          section(
            'Lead to Won, by when the deals came in',
            tableOf(
              ['cohort', ...HEAD],
              cohorts.map(({ period, funnel: ofCohort }) => [period, ...told(ofCohort.at(-1)!)]),
            ),
          ),
        ]),
  ];
}

export const conversions = ({ groups }: ConversionAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [`${by}, lead to won`, ...HEAD],
      groups.map((group) => [named(group), ...told(group.funnel.at(-1)!)]),
    ),
  ),
];

export const conversionNotes = [
  'Gone on: the share by the oldest age that 20 deals were followed to; open deals count as followed so long, and losing the deal competes. Naive counts open deals as if they never would. A "-": cannot be told.',
];
