import type {
  AdherenceAnswer,
  ConversionAnswer,
  CycleTimeAnswer,
  ForecastAnswer,
  MeasureAnswer,
  PipelineAnswer,
  SourcesAnswer,
} from '@coxswain/projections';
import type { Paint } from './terminal.js';
import { amounts, count, counted, days, instant, percent, rate, table, UNKNOWN, value } from './words.js';

/** A measure as people read it: what was asked, then one table after the other for each group. Instants are in UTC. */
export function reportText(answer: MeasureAnswer, paint: Paint): string {
  const { process, version, asOf, clock, from, to, by, deals, timezone } = answer;
  const lines = [
    paint('bold', `${TITLES[answer.measure]} of ${process}${version === null ? '' : `, version ${version}`}`),
    `As of ${instant(asOf)} UTC${clock === asOf ? '' : `, seen from ${instant(clock)} UTC`}; ${counted(deals, 'deal')} known; days begin in ${timezone}.`,
    ...(from !== null || to !== null
      ? [
          `Window: ${from === null ? 'from the beginning' : `from ${instant(from)}`}${to === null ? '' : ` up to, not including, ${instant(to)}`}.`,
        ]
      : []),
  ];
  if (answer.groups.length === 0) return [...lines, '', 'No deal matches.'].join('\n');
  const groups = bodies(answer).map((body, index) =>
    by === null ? body : `${paint('bold', `${by}: ${answer.groups[index]?.group ?? 'not said'}`)}\n\n${body}`,
  );
  return [lines.join('\n'), ...groups].join('\n\n');
}

const TITLES = {
  pipeline: 'Pipeline',
  conversion: 'Conversion',
  'cycle-time': 'Cycle time',
  forecast: 'Forecast',
  adherence: 'Adherence',
  sources: 'Sources',
} as const;

const SHOWN = 12;

/** The first of a list, and how many more there are. */
function first<T>(list: readonly T[], most = SHOWN): { readonly shown: readonly T[]; readonly more: string } {
  const left = list.length - most;
  return { shown: list.slice(0, most), more: left > 0 ? `\nand ${count(left)} more; --json has them all` : '' };
}

function bodies(answer: MeasureAnswer): string[] {
  switch (answer.measure) {
    case 'pipeline':
      return answer.groups.map(pipeline);
    case 'conversion':
      return answer.groups.map(conversion);
    case 'cycle-time':
      return answer.groups.map(cycleTime);
    case 'forecast':
      return answer.groups.map((group) => forecast(group, answer));
    case 'adherence':
      return answer.groups.map(adherence);
    case 'sources':
      return answer.groups.map(sources);
  }
}

const labelled = ({ label, retired }: { readonly label: string; readonly retired: boolean }): string =>
  retired ? `${label} (retired)` : label;

function pipeline({ open, overdue, value: worth, stages, topOverdue }: PipelineAnswer['groups'][number]): string {
  const rows = stages.map((stage) => [
    labelled(stage),
    stage.phase,
    stage.deals,
    value(stage.value),
    days(stage.ageDaysMedian),
    days(stage.ageDaysOldest),
    stage.overdue,
  ]);
  const { shown, more } = first(topOverdue, 5);
  const late = shown.map(({ deal, stage, owner, dueAt, overdueDays, amount }) => [
    deal,
    stage,
    owner,
    instant(dueAt),
    days(overdueDays),
    amount ? amounts([amount]) : UNKNOWN,
  ]);
  return [
    `${counted(open, 'open deal')}, worth ${value(worth)}; ${count(overdue)} past a time limit`,
    table(['stage', 'phase', 'deals', 'worth', 'median age, days', 'oldest, days', 'past limit'], rows),
    ...(late.length > 0
      ? [`Longest past a limit\n${table(['deal', 'stage', 'owner', 'was due', 'days late', 'amount'], late)}${more}`]
      : []),
    'An age of "-": no deal stands there.',
  ].join('\n\n');
}

function conversion({ funnel, steps }: ConversionAnswer['groups'][number]): string {
  const rows = (list: typeof steps): (string | number)[][] =>
    list.map(({ fromLabel, toLabel, reached, open, ended }) => [`${fromLabel} to ${toLabel}`, rate(reached), open, ended]);
  const head = ['of those that entered (95 % interval)', 'may still', 'ended otherwise'];
  return [
    table(['funnel', ...head], rows(funnel)),
    table(['stage by stage', ...head], rows(steps)),
    'A share of "- of 0": no deal entered in the window, so nothing can be said.',
  ].join('\n\n');
}

function cycleTime({ leadToWon, qualifiedToWon, stages }: CycleTimeAnswer['groups'][number]): string {
  const won = (name: string, time: typeof leadToWon): (string | number)[] => [
    name,
    days(time.medianDays),
    days(time.p85Days),
    time.won,
    time.lost,
    time.open,
    time.why ?? '',
  ];
  const within = ([name, { wonWithin }]: readonly [string, typeof leadToWon]): string[][] =>
    wonWithin.map(({ days: limit, share, atRisk }) => [
      name,
      count(limit),
      share === null ? UNKNOWN : percent(share),
      count(atRisk),
    ]);
  const cohorts: (readonly [string, typeof leadToWon])[] = [
    ['from lead', leadToWon],
    ['from qualified', qualifiedToWon],
  ];
  return [
    table(
      ['until won', 'median days', '85 % within, days', 'won', 'lost', 'open', 'why not'],
      cohorts.map(([name, time]) => won(name, time)),
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
    'Deals still open count as "at least this long". "-" means not known; the last column says why, and a share needs 20 deals followed so long.',
  ].join('\n\n');
}

function forecast(
  { periods, withoutDate, withoutAmount, outside, stageRates }: ForecastAnswer['groups'][number],
  { average, period: length }: ForecastAnswer,
): string {
  const category = (period: (typeof periods)[number], name: string): string => {
    const found = period.categories.find((one) => one.category === name);
    return found && found.deals > 0 ? `${amounts(found.value.amounts)} (${count(found.deals)})` : UNKNOWN;
  };
  const rows = periods.map((period) => [
    `${period.period}${period.when === 'current' ? ' (now)' : ''}`,
    period.won.deals > 0 ? `${amounts(period.won.amounts)} (${count(period.won.deals)})` : UNKNOWN,
    category(period, 'commit'),
    category(period, 'best-case'),
    category(period, 'pipeline'),
    amounts(period.weightedByStage.amounts),
    amounts(period.weightedByHistory.amounts),
    amounts(period.movingAverage.amounts),
  ]);
  return [
    table(
      [
        length,
        'won (deals)',
        'commit',
        'best case',
        'pipeline',
        'weighted by stage',
        'weighted by history',
        `average of ${average} before`,
      ],
      rows,
    ),
    table(
      ['stage', 'probability in the file', 'won of those decided (95 % interval)'],
      stageRates.map((stage) => [
        labelled(stage),
        stage.probability === null ? UNKNOWN : `${count(stage.probability)} %`,
        rate(stage.won),
      ]),
    ),
    `In no sum: ${counted(withoutDate.deals, 'open deal')} without a close date, ${count(withoutAmount.deals)} without an amount, ${count(outside.deals)} expected to close outside the periods shown. "-" means that it rests on no deal.`,
  ].join('\n\n');
}

function adherence({
  deals,
  steps,
  overriddenSteps,
  deviations,
  overrides,
  variants,
}: AdherenceAnswer['groups'][number]): string {
  const broke = first(deviations);
  const passed = first(overrides);
  const paths = first(variants.top, 8);
  return [
    table(
      ['', 'share (95 % interval)'],
      [
        ['deals that follow the process', rate(deals)],
        ['steps that follow the process', rate(steps)],
        ['steps with a check let pass', rate(overriddenSteps)],
      ],
    ),
    `Deviations\n${table(
      ['kind', 'what', 'steps', 'deals', 'for example'],
      broke.shown.map((one) => [one.kind, one.what ?? UNKNOWN, one.steps, one.deals, one.examples[0]?.deal ?? UNKNOWN]),
    )}${broke.more}`,
    `Checks let pass\n${table(
      ['check', 'by', 'steps', 'deals'],
      passed.shown.map((one) => [one.check, one.by, one.steps, one.deals]),
    )}${passed.more}`,
    `The most frequent of ${counted(variants.total, 'path')}\n${table(
      ['deals', 'share', 'path'],
      paths.shown.map((one) => [one.deals, percent(one.share), one.path.join(' > ')]),
    )}`,
  ].join('\n\n');
}

function sources({ sources: bySource, generatedBy }: SourcesAnswer['groups'][number]): string {
  const body = (name: string, list: typeof bySource): string => {
    const { shown, more } = first(list);
    const rows = shown.map((row) => [
      row.name ?? 'not said',
      row.deals,
      rate(row.qualified),
      row.won,
      row.lost,
      row.open,
      rate(row.winRate),
      rate(row.leadToWon),
      value(row.wonValue),
    ]);
    const head = [
      'leads',
      'qualified (95 % interval)',
      'won',
      'lost',
      'open',
      'win rate of the decided',
      'won of all leads',
      'worth won',
    ];
    return `${table([name, ...head], rows)}${more}`;
  };
  return [body('source', bySource), body('generated by', generatedBy)].join('\n\n');
}
