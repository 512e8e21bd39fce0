import {
  rateOf,
  type AdherenceAnswer,
  type ConversionAnswer,
  type CycleTimeAnswer,
  type Difference,
  type ForecastAnswer,
  type ForecastPeriod,
  type MeasureAnswer,
  type PipelineAnswer,
  type Rate,
  type SourceRow,
  type SourcesAnswer,
  type TimeToWon,
  type Value,
} from '@coxswain/projections';
import { accuracies, accuracy, outlook, outlooks } from './forecasts.js';
import type { Paint } from './terminal.js';
import { amounts, count, counted, days, instant, percent, rate, table, UNKNOWN, value } from './words.js';

/** A measure as people read it: what was asked, then its tables; asked by group, one table with a row for each. Instants are in UTC. */
export function reportText(answer: MeasureAnswer, paint: Paint): string {
  const { process, version, asOf, clock, from, to, by, deals, timezone } = answer;
  const heading = [
    paint('bold', `${TITLES[answer.measure]} of ${process}${version === null ? '' : `, version ${version}`}`),
    `As of ${instant(asOf)} UTC${clock === asOf ? '' : `, seen from ${instant(clock)} UTC`}; ${counted(deals, 'deal')} known; days begin in ${timezone}.`,
    ...(from !== null || to !== null
      ? [
          `Window: ${from === null ? 'from the beginning' : `from ${instant(from)}`}${to === null ? '' : ` up to, not including, ${instant(to)}`}.`,
        ]
      : []),
  ].join('\n');
  if (answer.groups.length === 0) return `${heading}\n\nNo deal matches.`;
  const told = by === null ? details(answer) : [comparison(answer, by), 'The details of each: --json.', ...overall(answer)];
  return [heading, ...told, ...notes(answer)].join('\n\n');
}

const TITLES = {
  pipeline: 'Pipeline',
  conversion: 'Conversion',
  'cycle-time': 'Cycle time',
  forecast: 'Forecast',
  'forecast-accuracy': 'Accuracy of the forecast',
  adherence: 'Adherence',
  sources: 'Sources',
} as const;

const SHOWN = 12;

/** The first of a list, and how many more of `total` there are; JSON holds the whole list, which may itself be the first of them. */
function first<T>(
  list: readonly T[],
  most = SHOWN,
  total = list.length,
): { readonly shown: readonly T[]; readonly more: string } {
  const left = total - most;
  const inJson = list.length < total ? `the first ${count(list.length)}` : 'them all';
  return { shown: list.slice(0, most), more: left > 0 ? `\nand ${count(left)} more; --json has ${inJson}` : '' };
}

/** The tables of an answer that is not told apart by anything, and so has one group. */
function details(answer: MeasureAnswer): string[] {
  switch (answer.measure) {
    case 'pipeline':
      return answer.groups.flatMap(pipeline);
    case 'conversion':
      return answer.groups.flatMap(conversion);
    case 'cycle-time':
      return answer.groups.flatMap(cycleTime);
    case 'forecast':
      return answer.groups.flatMap((group) => [...forecast(group, answer), ...outlook(group)]);
    case 'forecast-accuracy':
      return answer.groups.flatMap(accuracy);
    case 'adherence':
      return [...answer.groups.flatMap(adherence), ...overall(answer)];
    case 'sources':
      return answer.groups.flatMap(sources);
  }
}

/** What an answer says over all groups. */
const overall = (answer: MeasureAnswer): string[] =>
  answer.measure === 'adherence' ? [...usualTimes(answer), people(answer)] : [];

/** The headline figures of each group, one below the other. */
function comparison(answer: MeasureAnswer, by: string): string {
  switch (answer.measure) {
    case 'pipeline':
      return table(
        [by, 'open deals', 'worth', 'past a limit'],
        answer.groups.map((group) => [named(group), group.open, value(group.value), group.overdue]),
      );
    case 'conversion':
      return table(
        [by, 'lead to won, of those that entered (95 % interval)', 'may still', 'ended otherwise'],
        answer.groups.map((group) => {
          const { reached, open, ended } = group.funnel.at(-1)!;
          return [named(group), rate(reached), open, ended];
        }),
      );
    case 'cycle-time':
      return table(
        [`${by}, from lead until won`, ...UNTIL_WON],
        answer.groups.map((group) => [named(group), ...untilWon(group.leadToWon)]),
      );
    case 'forecast': {
      const one = answer.groups.map(({ periods }) => periods.find(({ when }) => when === 'current') ?? periods.at(-1)!);
      const { head, cells } = forecastColumns(one, answer);
      return [
        table(
          [`${by}, ${periodName(one[0]!)}`, ...head, 'open without close date'],
          answer.groups.map((group, at) => [named(group), ...cells(one[at]!), group.withoutDate.deals]),
        ),
        outlooks(
          by,
          answer.groups.map((group, at) => [named(group), one[at]!] as const),
        ),
      ].join('\n\n');
    }
    case 'forecast-accuracy':
      return accuracies(
        by,
        answer.groups.map((group) => [named(group), group] as const),
      );
    case 'adherence':
      return table(
        [by, ...FOLLOWED, 'mean fitness'],
        answer.groups.map((group) => [
          named(group),
          ...[group.deals, group.steps, group.overriddenSteps].map(rate),
          fitness(group.fitness.mean),
        ]),
      );
    case 'sources':
      return table(
        [by, ...LEADS.slice(0, -1)],
        answer.groups.map((group) => [named(group), ...inAll(group.sources)]),
      );
  }
}

const named = ({ group }: { readonly group: string | null }): string => group ?? 'not said';

/** What the signs in the tables mean. */
function notes({ measure }: MeasureAnswer): string[] {
  switch (measure) {
    case 'pipeline':
      return ['A "-": no deal stands there, or none has an amount. Deals past a limit are of any stage, customers too.'];
    case 'conversion':
      return ['A share of "- of 0": no deal entered in the window, so nothing can be said.'];
    case 'cycle-time':
      return [
        'Deals still open count as "at least this long". "-" means not known; the last column says why, and a share needs 20 deals followed so long.',
      ];
    case 'forecast':
      return [
        'The weighted sums take in every open deal of the period that has an amount, in whatever category. "-" means that it rests on nothing; "(of 2)" that there were only 2 earlier periods to average.',
        'What will have come in: in 1 of 10 cases less than p10, in 1 of 10 more than p90, as wide as past forecasts were wrong. "Off by" is the sum of past errors / the sum of what came in; bias above 0 promised too much.',
      ];
    case 'forecast-accuracy':
      return [
        '"Off by" is the sum of the errors / the sum of what came in. A bias above 0 promised too much. Errors that differ by less than a tenth are alike: the windows overlap.',
      ];
    case 'adherence':
      return [
        'Fitness is 1 where nothing is skipped and nothing extra, and 0 where a path has nothing in common with the process. What goes along with deviating need not come from it: a deal that ends early has had few chances to deviate.',
      ];
    case 'sources':
      return [];
  }
}

const labelled = ({ label, retired }: { readonly label: string; readonly retired: boolean }): string =>
  retired ? `${label} (retired)` : label;

function pipeline({ open, overdue, value: worth, stages, topOverdue }: PipelineAnswer['groups'][number]): string[] {
  const rows = stages.map((stage) => [
    labelled(stage),
    stage.phase,
    stage.deals,
    value(stage.value),
    days(stage.ageDaysMedian),
    days(stage.ageDaysOldest),
    stage.overdue,
  ]);
  const { shown, more } = first(topOverdue, 5, overdue);
  const late = shown.map(({ deal, stage, owner, dueAt, overdueDays, amount }) => [
    deal,
    stage,
    owner,
    instant(dueAt),
    days(overdueDays),
    amount ? amounts([amount]) : UNKNOWN,
  ]);
  // Customers have time limits too, and are not among the open deals.
  const lateOutside = stages.filter(({ phase }) => phase === 'closed' || phase === 'customer');
  const outside = lateOutside.reduce((sum, stage) => sum + stage.overdue, 0);
  const ofThem = outside === 0 ? '' : `, ${count(outside)} of them in closed or customer stages`;
  return [
    `${counted(open, 'open deal')}, worth ${value(worth)}\n${counted(overdue, 'deal')} past a time limit${ofThem}`,
    table(['stage', 'phase', 'deals', 'worth', 'median age, days', 'oldest, days', 'past limit'], rows),
    ...(late.length > 0
      ? [`Longest past a limit\n${table(['deal', 'stage', 'owner', 'was due', 'days late', 'amount'], late)}${more}`]
      : []),
  ];
}

function conversion({ funnel, steps }: ConversionAnswer['groups'][number]): string[] {
  const rows = (list: typeof steps): (string | number)[][] =>
    list.map(({ fromLabel, toLabel, reached, open, ended }) => [`${fromLabel} to ${toLabel}`, rate(reached), open, ended]);
  const head = ['of those that entered (95 % interval)', 'may still', 'ended otherwise'];
  return [table(['funnel', ...head], rows(funnel)), table(['stage by stage', ...head], rows(steps))];
}

const UNTIL_WON = ['median days', '85 % within, days', 'won', 'lost', 'open', 'why not'];

const untilWon = ({ medianDays, p85Days, won, lost, open, why }: TimeToWon): (string | number)[] => [
  days(medianDays),
  days(p85Days),
  won,
  lost,
  open,
  why ?? '',
];

function cycleTime({ leadToWon, qualifiedToWon, stages }: CycleTimeAnswer['groups'][number]): string[] {
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
    table(
      ['until won', ...UNTIL_WON],
      cohorts.map(([name, time]) => [name, ...untilWon(time)]),
    ),
    table(['share won', 'within days', 'share', 'deals followed so long'], cohorts.flatMap(within)),
    table(
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
  ];
}

const periodName = ({ period, when }: ForecastPeriod): string => `${period}${when === 'current' ? ' (now)' : ''}`;

/** The columns of a forecast. Deals that the seller leaves out of it have one where there are any: the weighted sums hold them. */
function forecastColumns(
  shown: readonly ForecastPeriod[],
  { average }: ForecastAnswer,
): { readonly head: readonly string[]; readonly cells: (period: ForecastPeriod) => readonly string[] } {
  const counting = (deals: number, sums: Value): string => (deals > 0 ? `${amounts(sums.amounts)} (${count(deals)})` : UNKNOWN);
  const kept = (period: ForecastPeriod, name: string) => period.categories.find(({ category }) => category === name);
  const categories = ['commit', 'best-case', 'pipeline', 'omitted'].filter(
    (name) => name !== 'omitted' || shown.some((period) => (kept(period, name)?.deals ?? 0) > 0),
  );
  const head = [
    'won (deals)',
    ...categories.map((name) => name.replace('-', ' ')),
    'weighted by stage',
    'weighted by history',
    `average of ${average} before`,
  ];
  const cells = (period: ForecastPeriod): string[] => {
    const { won, weightedByStage, weightedByHistory, movingAverage } = period;
    const fewer = movingAverage.amounts !== null && movingAverage.of < average ? ` (of ${movingAverage.of})` : '';
    return [
      counting(won.deals, won),
      ...categories.map((name) => {
        const found = kept(period, name);
        return found ? counting(found.deals, found.value) : UNKNOWN;
      }),
      amounts(weightedByStage.amounts),
      amounts(weightedByHistory.amounts),
      `${amounts(movingAverage.amounts)}${fewer}`,
    ];
  };
  return { head, cells };
}

function forecast(
  { periods, withoutDate, withoutAmount, outside, stageRates }: ForecastAnswer['groups'][number],
  answer: ForecastAnswer,
): string[] {
  const { head, cells } = forecastColumns(periods, answer);
  return [
    table(
      [answer.period, ...head],
      periods.map((period) => [periodName(period), ...cells(period)]),
    ),
    table(
      ['stage', 'probability in the file', 'won of those decided (95 % interval)'],
      stageRates.map((stage) => [
        labelled(stage),
        stage.probability === null ? UNKNOWN : `${count(stage.probability)} %`,
        rate(stage.won),
      ]),
    ),
    `In no sum: ${counted(withoutDate.deals, 'open deal')} without a close date, ${count(withoutAmount.deals)} without an amount, ${count(outside.deals)} expected to close outside the periods shown.`,
  ];
}

const FOLLOWED = ['deals that follow the process', 'steps that follow the process', 'steps with a check let pass'];

const fitness = (value: number | null): string => (value === null ? UNKNOWN : value.toFixed(3));

function adherence(group: AdherenceGroup): string[] {
  const { deals, steps, overriddenSteps, deviations, overrides, variants, variantsByInstant } = group;
  const broke = first(deviations);
  const passed = first(overrides);
  const paths = first(variants.top, 8, variants.total);
  const together = first(variantsByInstant.top, 8, variantsByInstant.total);
  return [
    table(
      ['', 'share (95 % interval)'],
      [
        ...[deals, steps, overriddenSteps].map((share, at) => [FOLLOWED[at]!, rate(share)]),
        ['paths that fit the process throughout', rate(group.fitness.perfect)],
      ],
    ),
    `Mean fitness of ${counted(group.fitness.of, 'deal')}: ${fitness(group.fitness.mean)}`,
    `Deviations\n${table(
      ['kind', 'what', 'steps', 'deals', 'for example'],
      broke.shown.map((one) => [one.kind, one.what ?? UNKNOWN, one.steps, one.deals, one.examples[0]?.deal ?? UNKNOWN]),
    )}${broke.more}`,
    ...misfits(group),
    `Checks let pass\n${table(
      ['check', 'by', 'steps', 'deals'],
      passed.shown.map((one) => [one.check, one.by, one.steps, one.deals]),
    )}${passed.more}`,
    ...monthByMonth(group),
    ...times(group),
    `The most frequent of ${counted(variants.total, 'path')}\n${table(
      ['deals', 'share', 'path'],
      paths.shown.map((one) => [one.deals, percent(one.share), one.path.join(' > ')]),
    )}${paths.more}`,
    ...(variantsByInstant.total === variants.total
      ? []
      : [
          `The most frequent of ${counted(variantsByInstant.total, 'path')}, what happened in one instant taken together\n${table(
            ['deals', 'share', 'path'],
            together.shown.map((one) => [one.deals, percent(one.share), one.path.map(inOneInstant).join(' > ')]),
          )}${together.more}`,
        ]),
    ...outcomes(group),
  ];
}

type AdherenceGroup = AdherenceAnswer['groups'][number];

const inOneInstant = (stages: readonly string[]): string => stages.join(' + ');

/** By stage what was skipped, extra, out of order or let pass, and the deals that fit worst. */
function misfits({ stageDeviations, leastFitting }: AdherenceGroup): string[] {
  if (stageDeviations.length === 0) return [];
  const worst = first(leastFitting, 5);
  const list = (stages: readonly string[]): string => (stages.length === 0 ? UNKNOWN : stages.join(', '));
  return [
    `Stages off the process\n${table(
      ['stage', 'skipped', 'extra', 'out of order', 'by override', 'for example'],
      stageDeviations.map((stage) => {
        const kinds = [stage.skipped, stage.extra, stage.outOfOrder, stage.overridden];
        return [
          labelled(stage),
          ...kinds.map(({ times: often }) => often),
          kinds.flatMap(({ examples }) => examples)[0] ?? UNKNOWN,
        ];
      }),
    )}`,
    ...(worst.shown.length === 0
      ? []
      : [
          `Deals that fit the process worst\n${table(
            ['deal', 'fitness', 'skipped', 'extra', 'out of order'],
            worst.shown.map((one) => [one.deal, fitness(one.fitness), list(one.skipped), list(one.extra), list(one.outOfOrder)]),
          )}${worst.more}`,
        ]),
  ];
}

function monthByMonth({ months }: AdherenceGroup): string[] {
  const before = months.length - SHOWN;
  return months.length < 2
    ? []
    : [
        `Month by month\n${table(
          ['month', FOLLOWED[0]!, FOLLOWED[1]!, 'mean fitness'],
          months.slice(-SHOWN).map((one) => [one.month, rate(one.deals), rate(one.steps), fitness(one.fitness.mean)]),
        )}${before > 0 ? `\nand ${counted(before, 'earlier month')}; --json has them all` : ''}`,
      ];
}

/** Time limits outlasted, and times that are unusual. */
function times({ limits, unusualTimes }: AdherenceGroup): string[] {
  const odd = first(unusualTimes.top, 5, unusualTimes.deals.count);
  return [
    ...(limits.length === 0
      ? []
      : [
          `Time limits\n${table(
            ['stage', 'stays that outlasted the limit (95 % interval)', 'for example'],
            limits.map((one) => [labelled(one), rate(one.exceeded), one.examples[0] ?? UNKNOWN]),
          )}`,
        ]),
    ...(odd.shown.length === 0
      ? []
      : [
          `Unusual times; deals with one: ${rate(unusualTimes.deals)}\n${table(
            ['deal', 'from entering', 'to entering', 'days', 'usually', 'standard deviations off'],
            odd.shown.map((one) => [
              one.deal,
              one.from,
              one.to,
              days(one.days),
              days(one.meanDays),
              one.deviations === null ? UNKNOWN : signed(one.deviations),
            ]),
          )}${odd.more}`,
        ]),
  ];
}

function usualTimes({ temporalProfile: { pairs, unusualFrom, fewest } }: AdherenceAnswer): string[] {
  const often = first(
    pairs.filter(({ times: seen }) => seen >= fewest),
    8,
  );
  return often.shown.length === 0
    ? []
    : [
        `How long closed deals take from stage to stage; more than ${count(unusualFrom)} standard deviations off is unusual\n${table(
          ['from entering', 'to entering', 'mean days', 'standard deviation', 'times seen'],
          often.shown.map((one) => [one.from, one.to, days(one.meanDays), days(one.sdDays), one.times]),
        )}${often.more}`,
      ];
}

const WENT = { followed: 'followed the process', overridden: 'had a check let pass', deviated: 'deviated' } as const;
const DOING = { followed: 'Following', overridden: 'Letting a check pass', deviated: 'Deviating' } as const;

function outcomes({ outcomes: all }: AdherenceGroup): string[] {
  const shown = all.filter(({ deals }) => deals > 0);
  if (shown.length < 2) return [];
  const range = ({ median, low, high, why }: (typeof all)[number]['daysToWon']): string =>
    median === null ? `${UNKNOWN} (${why})` : `${days(median)} (${days(low)} to ${days(high)})`;
  const told = shown.flatMap(({ how, comparedToFollowed }) => {
    if (!comparedToFollowed) return [];
    const { winRate, winRateSamePhase, medianDaysToWon } = comparedToFollowed;
    const points = (part: number): string => (part * 100).toFixed(1);
    return [
      winRate && association(DOING[how], 'win rate', winRate, points, 'points'),
      winRateSamePhase &&
        association(DOING[how], 'win rate', winRateSamePhase, points, 'points', 'Among deals that got as far: '),
      medianDaysToWon && association(DOING[how], 'median time to a win', medianDaysToWon, (part) => part.toFixed(1), 'days'),
    ].filter((sentence) => sentence !== null);
  });
  return [
    [
      `What goes along with it\n${table(
        ['deals that', 'deals', 'win rate of those decided (95 % interval)', 'median days to won (95 % interval)'],
        shown.map((one) => [WENT[one.how], one.deals, rate(one.winRate), range(one.daysToWon)]),
      )}`,
      ...told,
    ].join('\n'),
  ];
}

/** `Deviating is associated with a win rate 4.1 points lower than following the process (95 % interval -6.0 to -2.1).` */
function association(
  doing: string,
  what: string,
  { difference, low, high }: Difference,
  digits: (part: number) => string,
  unit: string,
  among = '',
): string {
  const figure = (part: number): string => digits(part).replace(/^-(0\.0*)$/, '$1');
  const interval = `(95 % interval ${figure(low)} to ${figure(high)})`;
  if (low <= 0 && high >= 0)
    return `${among === '' ? 'No' : `${among}no`} association of ${doing.toLowerCase()} with the ${what} can be told: ${figure(difference)} ${unit} ${interval}.`;
  const way = difference > 0 ? 'higher' : 'lower';
  return `${among}${among === '' ? doing : doing.toLowerCase()} is associated with a ${what} ${figure(Math.abs(difference))} ${unit} ${way} than following the process ${interval}.`;
}

const signed = (number: number): string => `${number > 0 ? '+' : ''}${number.toFixed(1)}`;

/** Whether people sell the same way, and where those who do not differ most. */
function people({ people: { deals, fewest, people: all } }: AdherenceAnswer): string {
  const compared = all.filter(({ why }) => why === null);
  const others = all.length - compared.length;
  const differing = compared.filter(({ differs }) => differs === true).length;
  const answered =
    compared.length === 0
      ? `Cannot be said: of the owners of ${counted(deals, 'closed deal')}, none has ${count(fewest)} and others to be compared with.`
      : `${count(differing)} of ${counted(compared.length, 'person', 'people')} ${differing === 1 ? 'sells' : 'sell'} otherwise than the rest, beyond chance.${
          others > 0
            ? ` ${counted(others, 'owner')} cannot be compared: fewer than ${count(fewest)} closed deals, or nobody else in the same stages.`
            : ''
        }`;
  if (compared.length === 0) return `Do people sell the same way?\n${answered}`;
  const { shown, more } = first(compared);
  return `Do people sell the same way? From the same stage, do their deals go on to the same ones?\n${answered}\n${table(
    ['owner', 'closed deals', 'differs', 'steps that go elsewhere', 'by chance', 'beyond it', 'q', 'most of all'],
    shown.map((one) => [
      one.owner,
      one.deals,
      one.differs === true ? 'yes' : 'no',
      ...[one.distance, one.byChance, one.excess].map((apart) => (apart === null ? UNKNOWN : percent(apart))),
      fitness(one.q),
      one.differs === true && one.steps[0]
        ? `${inOneInstant(one.steps[0].from)} > ${inOneInstant(one.steps[0].to)}: ${percent(one.steps[0].share)} of theirs, ${percent(one.steps[0].others)} of the others'`
        : '',
    ]),
  )}${more}`;
}

const LEADS = [
  'leads',
  'qualified (95 % interval)',
  'won',
  'lost',
  'open',
  'win rate of the decided',
  'won of all leads',
  'worth won',
];

const led = ({
  deals,
  qualified,
  won,
  lost,
  open,
  winRate,
  leadToWon,
}: Omit<SourceRow, 'name' | 'disqualified' | 'wonValue'>) => [
  deals,
  rate(qualified),
  won,
  lost,
  open,
  rate(winRate),
  rate(leadToWon),
];

/** The rows of a list as one. */
function inAll(list: readonly SourceRow[]): (string | number)[] {
  const sum = (of: (row: SourceRow) => number): number => list.reduce((total, row) => total + of(row), 0);
  const rates = (of: (row: SourceRow) => Rate): Rate =>
    rateOf(
      sum((row) => of(row).count),
      sum((row) => of(row).of),
    );
  return led({
    deals: sum(({ deals }) => deals),
    qualified: rates(({ qualified }) => qualified),
    won: sum(({ won }) => won),
    lost: sum(({ lost }) => lost),
    open: sum(({ open }) => open),
    winRate: rates(({ winRate }) => winRate),
    leadToWon: rates(({ leadToWon }) => leadToWon),
  });
}

function sources({ sources: bySource, generatedBy }: SourcesAnswer['groups'][number]): string[] {
  const body = (name: string, list: typeof bySource): string => {
    const { shown, more } = first(list);
    return `${table(
      [name, ...LEADS],
      shown.map((row) => [row.name ?? 'not said', ...led(row), value(row.wonValue)]),
    )}${more}`;
  };
  return [body('source', bySource), body('generated by', generatedBy)];
}
