import type { AdherenceAnswer, Difference } from '@coxswain/projections';
import { count, counted, days, percent, rate, UNKNOWN } from '../words.js';
import { first, range, section, tableOf, type Cell, type Section, type Table } from './blocks.js';
import { labelled, named } from './names.js';

type AdherenceGroup = AdherenceAnswer['groups'][number];

const FOLLOWED = ['deals that follow the process', 'steps that follow the process', 'steps with a check let pass'];

const fitness = (value: number | null): string => (value === null ? UNKNOWN : value.toFixed(3));

export function adherence(group: AdherenceGroup): Section[] {
  const { deals, steps, overriddenSteps, deviations, overrides, variants, variantsByInstant } = group;
  const broke = first(deviations);
  const passed = first(overrides);
  const shares: Cell[][] = [
    ...[deals, steps, overriddenSteps].map((share, at) => [FOLLOWED[at]!, rate(share), interval(share)]),
    ['paths that fit the process throughout', rate(group.fitness.perfect), interval(group.fitness.perfect)],
  ];
  return [
    section(null, tableOf(['', 'share (95 % interval)', ''], shares)),
    section(null, `Mean fitness of ${counted(group.fitness.of, 'deal')}: ${fitness(group.fitness.mean)}`),
    section(
      'Deviations',
      tableOf(
        ['kind', 'what', 'steps', 'deals', 'for example'],
        broke.shown.map((one) => [one.kind, one.what ?? UNKNOWN, one.steps, one.deals, one.examples[0]?.deal ?? UNKNOWN]),
        broke.more,
      ),
    ),
    ...misfits(group),
    section(
      'Checks let pass',
      tableOf(
        ['check', 'by', 'steps', 'deals'],
        passed.shown.map((one) => [one.check, one.by, one.steps, one.deals]),
        passed.more,
      ),
    ),
    ...monthByMonth(group),
    ...times(group),
    section(
      `The most frequent of ${counted(variants.total, 'path')}`,
      paths(variants, (path) => path.join(' > ')),
    ),
    ...(variantsByInstant.total === variants.total
      ? []
      : [
          section(
            `The most frequent of ${counted(variantsByInstant.total, 'path')}, what happened in one instant taken together`,
            paths(variantsByInstant, (path) => path.map(inOneInstant).join(' > ')),
          ),
        ]),
    ...outcomes(group),
  ];
}

export const adherences = ({ groups }: AdherenceAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, ...FOLLOWED, 'mean fitness'],
      groups.map((group) => [
        named(group),
        ...[group.deals, group.steps, group.overriddenSteps].map(rate),
        fitness(group.fitness.mean),
      ]),
    ),
  ),
];

/** What the answer says over all groups. */
export const overallAdherence = (answer: AdherenceAnswer): Section[] => [...usualTimes(answer), people(answer)];

export const adherenceNotes = [
  'Fitness is 1 where nothing is skipped and nothing extra, and 0 where a path has nothing in common with the process. What goes along with deviating need not come from it: a deal that ends early has had few chances to deviate.',
];

const interval = ({ rate: share, low, high }: AdherenceGroup['deals']): Cell =>
  share === null || low === null || high === null ? '' : range(low, share, high, 1);

const inOneInstant = (stages: readonly string[]): string => stages.join(' + ');

function paths<Path>(
  { top, total }: { readonly top: readonly { deals: number; share: number; path: Path }[]; readonly total: number },
  toText: (path: Path) => string,
): Table {
  const { shown, more } = first(top, 8, total);
  return tableOf(
    ['deals', 'share', 'path'],
    shown.map((one) => [one.deals, percent(one.share), toText(one.path)]),
    more,
  );
}

/** By stage what was skipped, extra, out of order or let pass, and the deals that fit worst. */
function misfits({ stageDeviations, leastFitting }: AdherenceGroup): Section[] {
  if (stageDeviations.length === 0) return [];
  const worst = first(leastFitting, 5);
  const list = (stages: readonly string[]): string => (stages.length === 0 ? UNKNOWN : stages.join(', '));
  return [
    section(
      'Stages off the process',
      tableOf(
        ['stage', 'skipped', 'extra', 'out of order', 'by override', 'for example'],
        stageDeviations.map((stage) => {
          const kinds = [stage.skipped, stage.extra, stage.outOfOrder, stage.overridden];
          return [
            labelled(stage),
            ...kinds.map(({ times: often }) => often),
            kinds.flatMap(({ examples }) => examples)[0] ?? UNKNOWN,
          ];
        }),
      ),
    ),
    ...(worst.shown.length === 0
      ? []
      : [
          section(
            'Deals that fit the process worst',
            tableOf(
              ['deal', 'fitness', 'skipped', 'extra', 'out of order'],
              worst.shown.map((one) => [
                one.deal,
                fitness(one.fitness),
                list(one.skipped),
                list(one.extra),
                list(one.outOfOrder),
              ]),
              worst.more,
            ),
          ),
        ]),
  ];
}

const MONTHS = 12;

function monthByMonth({ months }: AdherenceGroup): Section[] {
  const before = months.length - MONTHS;
  return months.length < 2
    ? []
    : [
        section(
          'Month by month',
          tableOf(
            ['month', FOLLOWED[0]!, FOLLOWED[1]!, 'mean fitness'],
            months.slice(-MONTHS).map((one) => [one.month, rate(one.deals), rate(one.steps), fitness(one.fitness.mean)]),
            before > 0 ? `and ${counted(before, 'earlier month')}; --json has them all` : '',
          ),
        ),
      ];
}

/** Time limits outlasted, and times that are unusual. */
function times({ limits, unusualTimes }: AdherenceGroup): Section[] {
  const odd = first(unusualTimes.top, 5, unusualTimes.deals.count);
  return [
    ...(limits.length === 0
      ? []
      : [
          section(
            'Time limits',
            tableOf(
              ['stage', 'stays that outlasted the limit (95 % interval)', 'for example'],
              limits.map((one) => [labelled(one), rate(one.exceeded), one.examples[0] ?? UNKNOWN]),
            ),
          ),
        ]),
    ...(odd.shown.length === 0
      ? []
      : [
          section(
            `Unusual times; deals with one: ${rate(unusualTimes.deals)}`,
            tableOf(
              ['deal', 'from entering', 'to entering', 'days', 'usually', 'standard deviations off'],
              odd.shown.map((one) => [
                one.deal,
                one.from,
                one.to,
                days(one.days),
                days(one.meanDays),
                one.deviations === null ? UNKNOWN : signed(one.deviations),
              ]),
              odd.more,
            ),
          ),
        ]),
  ];
}

function usualTimes({ temporalProfile: { pairs, unusualFrom, fewest } }: AdherenceAnswer): Section[] {
  const often = first(
    pairs.filter(({ times: seen }) => seen >= fewest),
    8,
  );
  return often.shown.length === 0
    ? []
    : [
        section(
          `How long closed deals take from stage to stage; more than ${count(unusualFrom)} standard deviations off is unusual`,
          tableOf(
            ['from entering', 'to entering', 'mean days', 'standard deviation', 'times seen'],
            often.shown.map((one) => [one.from, one.to, days(one.meanDays), days(one.sdDays), one.times]),
            often.more,
          ),
        ),
      ];
}

const WENT = { followed: 'followed the process', overridden: 'had a check let pass', deviated: 'deviated' } as const;
const DOING = { followed: 'Following', overridden: 'Letting a check pass', deviated: 'Deviating' } as const;

function outcomes({ outcomes: all }: AdherenceGroup): Section[] {
  const shown = all.filter(({ deals }) => deals > 0);
  if (shown.length < 2) return [];
  const between = ({ median, low, high, why }: (typeof all)[number]['daysToWon']): string =>
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
    section(
      'What goes along with it',
      tableOf(
        ['deals that', 'deals', 'win rate of those decided (95 % interval)', 'median days to won (95 % interval)'],
        shown.map((one) => [WENT[one.how], one.deals, rate(one.winRate), between(one.daysToWon)]),
      ),
      ...told,
    ),
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
  const within = `(95 % interval ${figure(low)} to ${figure(high)})`;
  if (low <= 0 && high >= 0)
    return `${among === '' ? 'No' : `${among}no`} association of ${doing.toLowerCase()} with the ${what} can be told: ${figure(difference)} ${unit} ${within}.`;
  const way = difference > 0 ? 'higher' : 'lower';
  return `${among}${among === '' ? doing : doing.toLowerCase()} is associated with a ${what} ${figure(Math.abs(difference))} ${unit} ${way} than following the process ${within}.`;
}

const signed = (number: number): string => `${number > 0 ? '+' : ''}${number.toFixed(1)}`;

/** Whether people sell the same way, and where those who do not differ most. */
function people({ people: { deals, fewest, people: all } }: AdherenceAnswer): Section {
  const compared = all.filter(({ why }) => why === null);
  const others = all.length - compared.length;
  const differing = compared.filter(({ differs }) => differs === true).length;
  if (compared.length === 0)
    return section(
      'Do people sell the same way?',
      `Cannot be said: of the owners of ${counted(deals, 'closed deal')}, none has ${count(fewest)} and others to be compared with.`,
    );
  const { shown, more } = first(compared);
  return section(
    'Do people sell the same way? From the same stage, do their deals go on to the same ones?',
    `${count(differing)} of ${counted(compared.length, 'person', 'people')} ${differing === 1 ? 'sells' : 'sell'} otherwise than the rest, beyond chance.${
      others > 0
        ? ` ${counted(others, 'owner')} cannot be compared: fewer than ${count(fewest)} closed deals, or nobody else in the same stages.`
        : ''
    }`,
    tableOf(
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
      more,
    ),
  );
}
