import type { Alignment } from './alignment.js';
import { untilWon } from './cycle-time.js';
import type { Attribution, Deal, DealStep, Visit } from './deal.js';
import type { CountedIn, CountSink } from './deals-behind.js';
import type { Broke } from './deal-entry.js';
import { Examples, Occurrences } from './examples.js';
import { answer, at, groupOf, Tallies, type Frame } from './frame.js';
import { LimitKeeping } from './limit-keeping.js';
import type { Lineage } from './lineage.js';
import type {
  AdherenceAnswer,
  AdherenceGroup,
  AdherenceMonth,
  Deviation,
  HowFollowed,
  InstantVariant,
  LeastFitting,
  LimitKept,
  Occurred,
  Override,
  PlaceName,
  StageDeviation,
  StageName,
  UnusualTime,
  Variant,
} from './measure.js';
import { furthestOf, Outcomes } from './outcomes.js';
import { byInstant, visitsOfSteps } from './path.js';
import { PeopleComparing } from './people.js';
import { PathAligner } from './process-machine.js';
import { rateOf } from './rate.js';
import { FEWEST_AT_RISK } from './survival.js';
import { TemporalProfile } from './temporal-profile.js';
import { monthOf } from './time.js';

const MOST_EXAMPLES = 5;
const MOST_VARIANTS = 20;
const MOST_LEAST_FITTING = 20;
const MOST_UNUSUAL = 10;
/** A time more standard deviations off the mean than this is unusual, */
const UNUSUAL_FROM = 3;
/** unless it is off by fewer hours than this: where deals pass on at once, a second is many standard deviations. */
const LEAST_HOURS = 1;

/**
 * Who follows the process in force: the steps that people took within the window (or that imported history tells), those that deviate
 * and why, the checks that were let pass, and how the paths the deals took fit the process. What the engine does by itself (joins, time
 * limits) always follows the process and is not counted. Deals are read one after the other and not kept.
 */
export function adherence(frame: Frame): AdherenceAnswer {
  const { lineage } = frame;
  const { tallies, traces, sold } = adherenceCounts(frame);
  const profile = traces.profile();
  traces.judge(profile);
  const stages = (found: Iterable<string>): readonly StageName[] => [
    ...lineage.stages,
    ...[...new Set(found)]
      .map((stage) => lineage.nameOf(stage))
      .filter(({ retired }) => retired)
      .toSorted((a, b) => (a.stage < b.stage ? -1 : 1)),
  ];
  return {
    ...answer(
      'adherence',
      frame,
      tallies.groups((group, tally) => tally.told(group, stages, (found) => namesOfPlaces([...found], stages, lineage))),
    ),
    people: sold.compare(),
    temporalProfile: { unusualFrom: UNUSUAL_FROM, leastHours: LEAST_HOURS, fewest: FEWEST_AT_RISK, pairs: profile.list() },
  };
}

/** What is counted, before anything is made of it. */
export function adherenceCounts(frame: Frame): {
  readonly tallies: Tallies<Tally>;
  readonly traces: Traces;
  readonly sold: PeopleComparing;
} {
  const { lineage, clockMs, timezone, within } = frame;
  const tallies = new Tallies<Tally>(frame, () => new Tally());
  const traces = new Traces(new PathAligner(lineage));
  const limits = new LimitKeeping(lineage, clockMs);
  const order = new Map(lineage.stages.map(({ stage }, index) => [stage, index]));
  const sold = new PeopleComparing();

  // Also of a deal that nobody ever moved: its limit is outlasted as well.
  const countLimits = (deal: Deal, standing: readonly Visit[]): void => {
    const counts = frame.count && countsOf(frame, frame.count, deal);
    const add = (name: string, exceeded: boolean): void => {
      tallies.of(deal, deal, 0).addLimit(deal.id, name, exceeded);
      if (exceeded) counts?.(deal, { stage: name, misfit: 'limit' });
    };
    for (const visit of deal.visits) {
      const exceeded = within(visit.enteredMs) ? limits.exceeded(deal, visit) : null;
      if (exceeded !== null) add(visit.stage, exceeded);
    }
    for (const { name, beganMs, exceeded } of limits.inTracks(deal, standing)) if (within(beganMs)) add(name, exceeded);
  };

  for (const deal of frame.deals) {
    const standing = visitsOfSteps(deal);
    countLimits(deal, standing);
    const steps = deal.steps.filter(isOfPeople).filter(({ occurredMs }) => within(occurredMs));
    if (steps.length === 0) continue;
    const tally = tallies.of(deal);
    const trace = traces.of(deal);
    const how = howFollowed(steps);
    tally.addDeal(deal, how, trace);
    const counts = frame.count && countsOf(frame, frame.count, deal);
    counts?.(deal, { outcome: how, path: trace.stages.join(',') });
    for (const misfit of ['skipped', 'extra', 'outOfOrder'] as const)
      for (const stage of trace.misfit[misfit]) counts?.(deal, { stage, misfit });
    trace.times.push(tally, deal);
    const furthest = furthestOf(deal.visits.flatMap(({ phase, laterPhase }) => (laterPhase ? [phase, laterPhase] : [phase])));
    tally.outcomes.add(how, deal.result, furthest, untilWon(deal, deal.capturedMs, clockMs));

    const { path, entered } = byInstant(deal.visits, order);
    const key = path.map((stages) => stages.join('\t')).join('\n');
    at(tally.byInstant, key, () => ({ path, deals: 0 })).deals++;
    if (deal.result !== null)
      sold.add(
        path,
        entered.map(({ owner }) => owner),
      );

    for (const [index, step] of deal.steps.entries()) {
      if (!isOfPeople(step) || !within(step.occurredMs)) continue;
      tallies.of(deal, step).addStep(deal.id, step, standing[index]!.stage, monthOf(step.occurredMs, timezone));
      if (!counts) continue;
      for (const check of step.overridden) counts(step, { check, person: step.by });
      if (step.overridden.length > 0) counts(step, { stage: standing[index]!.stage, misfit: 'overridden' });
      if (!step.conforming)
        for (const { kind, what } of brokenIn(step).values()) counts(step, { kind, ...(what !== null && { what }) });
    }
    tally.addMonth(monthOf(steps.at(-1)!.occurredMs, timezone), how !== 'deviated', trace.alignment);
  }

  return { tallies, traces, sold };
}

/** Tells who asks of one deal what it counts in, for the group of the deal or of a step of it. */
const countsOf =
  ({ by }: Frame, count: CountSink, deal: Deal) =>
  (moment: Attribution, counted: CountedIn): void =>
    count(groupOf(by, deal, moment), deal.id, counted);

/** Each stage, followed by the places within its tracks in the order of the file; those that the present version lacks last, by name. */
function namesOfPlaces(
  found: readonly string[],
  stages: (found: Iterable<string>) => readonly StageName[],
  { latest }: Lineage,
): readonly PlaceName[] {
  const isInTrack = (name: string): boolean => name.includes('/');
  return stages(found.map((name) => name.split('/')[0]!)).flatMap((stage): PlaceName[] => {
    const tracks = Object.values(latest?.definition.stages[stage.stage]?.tracks ?? {});
    const present = new Map<string, readonly string[]>(
      tracks.flatMap(({ id, label, stages: places }) =>
        Object.values(places).map((place) => [`${stage.stage}/${id}/${place.id}`, [label, place.label]] as const),
      ),
    );
    const own = found.filter((name) => isInTrack(name) && name.startsWith(`${stage.stage}/`));
    const named = [
      ...[...present.keys()].filter((name) => own.includes(name)),
      ...own.filter((name) => !present.has(name)).toSorted(),
    ];
    return [
      ...(found.includes(stage.stage) ? [{ ...stage, track: null }] : []),
      ...named.map((name): PlaceName => {
        const [, track, place] = name.split('/');
        const label = [stage.label, ...(present.get(name) ?? [track, place])].join(' / ');
        return { ...stage, stage: name, label, retired: !present.has(name), track: track! };
      }),
    ];
  });
}

const isOfPeople = ({ cause }: DealStep): boolean => cause === 'move' || cause === 'import';

const howFollowed = (steps: readonly DealStep[]): HowFollowed =>
  !steps.every(({ conforming }) => conforming)
    ? 'deviated'
    : steps.some(({ overridden }) => overridden.length > 0)
      ? 'overridden'
      : 'followed';

/** One path under one version (or several) of the process, and how it fits; however many deals took it, it is aligned once. */
interface Trace {
  readonly stages: readonly string[];
  readonly open: boolean;
  readonly alignment: Alignment | null;
  readonly misfit: Misfit;
  readonly times: Times;
}

class Traces {
  private readonly kept = new Map<string, Trace>();

  constructor(private readonly aligner: PathAligner) {}

  of({ visits, result }: Deal): Trace {
    const open = result === null;
    const key = `${open} ${visits.map(({ stage, version }) => `${version} ${stage}`).join('\n')}`;
    return at(this.kept, key, () => {
      const stages = visits.map(({ stage }) => stage);
      const alignment = this.aligner.align(
        stages,
        visits.map(({ version }) => version),
        open,
      );
      return { stages, open, alignment, misfit: misfitOf(alignment), times: new Times() };
    });
  }

  /** The usual times, by the closed deals. */
  profile(): TemporalProfile {
    const profile = new TemporalProfile();
    for (const { stages, open, times } of this.kept.values())
      if (!open) times.each(stages.length, (instants) => profile.add({ stages, at: instants }));
    return profile;
  }

  /** Holds every deal, open ones too, against the usual times. */
  judge(profile: TemporalProfile): void {
    for (const { stages, times } of this.kept.values())
      times.each(stages.length, (instants, deal, tally) => {
        let most: UnusualTime | null = null;
        let judged = false;
        let furthest = 0;
        profile.judge({ stages, at: instants }, FEWEST_AT_RISK, (from, to, days, z, meanDays) => {
          judged = true;
          if (Math.abs(z) <= Math.max(UNUSUAL_FROM, furthest) || Math.abs(days - meanDays) * 24 < LEAST_HOURS) return;
          furthest = Math.abs(z);
          most = { deal, from, to, days, meanDays, deviations: Number.isFinite(z) ? z : null };
        });
        if (judged) tally.addTimes(most, furthest);
      });
  }
}

/** When each deal of a path entered its stages, in one row of numbers. */
class Times {
  private readonly deals: { readonly id: string; readonly tally: Tally }[] = [];
  private readonly instants: number[] = [];

  push(tally: Tally, { id, visits }: Deal): void {
    this.deals.push({ id, tally });
    for (const { enteredMs } of visits) this.instants.push(enteredMs);
  }

  each(length: number, seen: (instants: readonly number[], deal: string, tally: Tally) => void): void {
    for (const [index, { id, tally }] of this.deals.entries())
      seen(this.instants.slice(index * length, (index + 1) * length), id, tally);
  }
}

type Misfit = Pick<LeastFitting, 'skipped' | 'extra' | 'outOfOrder'>;

/** A stage that is skipped in one place and extra in another is out of order, and neither. */
function misfitOf(alignment: Alignment | null): Misfit {
  const labels = (kind: 'skipped' | 'extra'): readonly string[] =>
    (alignment?.moves ?? []).flatMap((move) => (move.kind === kind ? [move.label] : []));
  const [missed, added] = [labels('skipped'), labels('extra')];
  const skipped = without(missed, added);
  return { skipped, extra: without(added, missed), outOfOrder: without(missed, skipped) };
}

/** The list with each of the others taken out once. */
function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((one) => {
    const place = left.indexOf(one);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

type InStage = Readonly<Record<'skipped' | 'extra' | 'outOfOrder' | 'overridden', Occurrences>>;
const inStage = (): InStage => ({
  skipped: new Occurrences(),
  extra: new Occurrences(),
  outOfOrder: new Occurrences(),
  overridden: new Occurrences(),
});
const occurred = (one: Occurrences): Occurred => ({ times: one.times, deals: one.deals, examples: one.examples() });

/** What is counted of one group, deal by deal. */
class Tally {
  readonly outcomes = new Outcomes();
  readonly byInstant = new Map<string, { readonly path: InstantVariant['path']; deals: number }>();
  private deals = 0;
  private conformingDeals = 0;
  private steps = 0;
  private conformingSteps = 0;
  private overriddenSteps = 0;
  private aligned = 0;
  private fitnessSum = 0;
  private perfect = 0;
  private timesJudged = 0;
  private unusual = 0;
  private readonly mostUnusual: { readonly time: UnusualTime; readonly furthest: number }[] = [];
  private readonly deviations = new Map<
    string,
    Pick<Deviation, 'kind' | 'what'> & {
      readonly occurrences: Occurrences;
      readonly examples: Examples<Deviation['examples'][number]>;
    }
  >();
  private readonly overrides = new Map<string, Pick<Override, 'check' | 'by'> & { readonly occurrences: Occurrences }>();
  private readonly variants = new Map<string, { readonly path: readonly string[]; deals: number }>();
  private readonly stages = new Map<string, InStage>();
  private readonly misfits = new Map<number, Examples<LeastFitting>>();
  private readonly months = new Map<
    string,
    { deals: number; conforming: number; steps: number; conformingSteps: number; aligned: number; fitnessSum: number }
  >();
  private readonly limits = new Map<string, { visits: number; readonly exceeded: Occurrences }>();

  addDeal({ id }: Deal, how: HowFollowed, { stages, alignment, misfit }: Trace): void {
    this.deals++;
    if (how !== 'deviated') this.conformingDeals++;
    at(this.variants, stages.join('\n'), () => ({ path: stages, deals: 0 })).deals++;
    if (!alignment) return;
    const { fitness, cost } = alignment;
    this.aligned++;
    this.fitnessSum += fitness;
    if (cost === 0) {
      this.perfect++;
      return;
    }
    for (const kind of ['skipped', 'extra', 'outOfOrder'] as const)
      for (const stage of misfit[kind]) at(this.stages, stage, inStage)[kind].add(id);
    at(this.misfits, fitness, () => new Examples(MOST_LEAST_FITTING)).add(id, { deal: id, fitness, ...misfit });
  }

  addStep(deal: string, step: DealStep, stage: string, month: string): void {
    const { by, from, to, conforming, overridden } = step;
    this.steps++;
    if (overridden.length > 0) {
      this.overriddenSteps++;
      at(this.stages, stage, inStage).overridden.add(deal);
    }
    for (const check of overridden)
      at(this.overrides, JSON.stringify([check, by]), () => ({ check, by, occurrences: new Occurrences() })).occurrences.add(
        deal,
      );
    const counted = this.monthOf(month);
    counted.steps++;
    if (conforming) {
      this.conformingSteps++;
      counted.conformingSteps++;
      return;
    }
    for (const [key, { kind, what, say }] of brokenIn(step)) {
      const row = at(this.deviations, key, () => ({
        kind,
        what,
        occurrences: new Occurrences(),
        examples: new Examples(MOST_EXAMPLES),
      }));
      row.occurrences.add(deal);
      row.examples.add(deal, { deal, from, to, occurredAt: step.occurredAt, say });
    }
  }

  addMonth(month: string, conforming: boolean, alignment: Alignment | null): void {
    const counted = this.monthOf(month);
    counted.deals++;
    if (conforming) counted.conforming++;
    if (!alignment) return;
    counted.aligned++;
    counted.fitnessSum += alignment.fitness;
  }

  addLimit(deal: string, stage: string, exceeded: boolean): void {
    const limit = at(this.limits, stage, () => ({ visits: 0, exceeded: new Occurrences() }));
    limit.visits++;
    if (exceeded) limit.exceeded.add(deal);
  }

  /** A deal with times that can be judged, and its most unusual one. */
  addTimes(time: UnusualTime | null, furthest: number): void {
    this.timesJudged++;
    if (!time) return;
    this.unusual++;
    const { mostUnusual } = this;
    const place = mostUnusual.findIndex(
      (other) => furthest > other.furthest || (furthest === other.furthest && time.deal < other.time.deal),
    );
    if (place < 0 && mostUnusual.length === MOST_UNUSUAL) return;
    mostUnusual.splice(place < 0 ? mostUnusual.length : place, 0, { time, furthest });
    if (mostUnusual.length > MOST_UNUSUAL) mostUnusual.pop();
  }

  told(
    group: string | null,
    stages: (found: Iterable<string>) => readonly StageName[],
    places: (found: Iterable<string>) => readonly PlaceName[],
  ): AdherenceGroup {
    return {
      group,
      deals: rateOf(this.conformingDeals, this.deals),
      steps: rateOf(this.conformingSteps, this.steps),
      overriddenSteps: rateOf(this.overriddenSteps, this.steps),
      deviations: Array.from(this.deviations.values(), ({ kind, what, occurrences, examples }): Deviation => ({
        kind,
        what,
        steps: occurrences.times,
        deals: occurrences.deals,
        examples: examples.list(),
      })).toSorted(mostFirst((one) => `${one.kind} ${one.what ?? ''}`)),
      overrides: Array.from(this.overrides.values(), ({ check, by, occurrences }): Override => ({
        check,
        by,
        steps: occurrences.times,
        deals: occurrences.deals,
      })).toSorted(mostFirst((one) => `${one.check} ${one.by}`)),
      variants: mostTaken<Variant>(this.variants, this.deals),
      fitness: {
        mean: this.aligned === 0 ? null : this.fitnessSum / this.aligned,
        of: this.aligned,
        perfect: rateOf(this.perfect, this.aligned),
      },
      stageDeviations: stages(this.stages.keys()).flatMap((name): StageDeviation[] => {
        const found = this.stages.get(name.stage);
        if (!found) return [];
        const { skipped, extra, outOfOrder, overridden } = found;
        return [
          {
            ...name,
            skipped: occurred(skipped),
            extra: occurred(extra),
            outOfOrder: occurred(outOfOrder),
            overridden: occurred(overridden),
          },
        ];
      }),
      leastFitting: [...this.misfits]
        .toSorted(([a], [b]) => a - b)
        .flatMap(([, examples]) => examples.list())
        .slice(0, MOST_LEAST_FITTING),
      months: [...this.months]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([month, one]): AdherenceMonth => ({
          month,
          deals: rateOf(one.conforming, one.deals),
          steps: rateOf(one.conformingSteps, one.steps),
          fitness: { mean: one.aligned === 0 ? null : one.fitnessSum / one.aligned, of: one.aligned },
        })),
      unusualTimes: { deals: rateOf(this.unusual, this.timesJudged), top: this.mostUnusual.map(({ time }) => time) },
      limits: places(this.limits.keys()).map((name): LimitKept => {
        const { visits, exceeded } = this.limits.get(name.stage)!;
        return { ...name, exceeded: rateOf(exceeded.times, visits), deals: exceeded.deals, examples: exceeded.examples() };
      }),
      variantsByInstant: mostTaken<InstantVariant>(this.byInstant, this.deals),
      outcomes: this.outcomes.list(),
    };
  }

  private monthOf(month: string) {
    return at(this.months, month, () => ({ deals: 0, conforming: 0, steps: 0, conformingSteps: 0, aligned: 0, fitnessSum: 0 }));
  }
}

/** What a deviating step broke, each once; it counts in several rows when it broke several things. */
const brokenIn = (step: DealStep): ReadonlyMap<string, Broke> =>
  new Map(
    step.broke.map((broke) => {
      const what = whatOf(broke, step);
      return [`${broke.kind} ${what ?? ''}`, { ...broke, what }];
    }),
  );

const whatOf = ({ kind, what }: Broke, { from, to }: DealStep): string | null =>
  what ?? (kind === 'path' ? `${from} -> ${to}` : null);

const mostFirst =
  <Row extends { readonly steps: number }>(name: (row: Row) => string) =>
  (a: Row, b: Row): number =>
    b.steps - a.steps || (name(a) < name(b) ? -1 : 1);

/** Distinct paths, whole and up to the clock, not only what lies within the window. */
function mostTaken<One extends { readonly path: unknown; readonly deals: number; readonly share: number }>(
  paths: ReadonlyMap<string, Pick<One, 'path' | 'deals'>>,
  of: number,
): { readonly total: number; readonly top: readonly (Pick<One, 'path' | 'deals'> & { readonly share: number })[] } {
  const top = [...paths]
    .toSorted(([a, one], [b, other]) => other.deals - one.deals || (a < b ? -1 : 1))
    .slice(0, MOST_VARIANTS)
    .map(([, { path, deals }]) => ({ path, deals, share: deals / of }));
  return { total: paths.size, top };
}
