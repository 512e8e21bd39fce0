import { readExpression, type Field, type Move, type SalesProcess } from '@coxswain/sales-process';
import type { DealStep } from './deal.js';
import { Occurrences } from './examples.js';
import { looksLikePlaceholder, type FactNote, type FactNotes } from './fact-notes.js';
import { answer, at, Tallies, type Frame } from './frame.js';
import type {
  HabitualOverride,
  JunkGate,
  JunkSign,
  JunkWatchAnswer,
  JunkWatchGroup,
  Rate,
  RepeatedValue,
  Sign,
  StageName,
} from './measure.js';
import { differenceOf, rateOf } from './rate.js';
import { dayAt } from './time.js';

const RUSHED_WITHIN_MS = 60_000;
const LAST_DAYS = 3;
/** Fewer of a kind are chance. */
const FEWEST = 5;
const MOST_ROWS = 20;
const MOST_VALUES = 5;
const MOST_PASSED_BY = 3;

/**
 * Which gates make people lie: for each way from one stage to another, how the values that it asks for look when it is passed, and how it is
 * passed. Each share stands beside that of all other gates, with the difference and its interval: a sign to look there, no proof against
 * anybody. The window selects steps. What a gate asks for is what the version of the step asks, or else the present one.
 */
export function junkWatch(frame: Frame, facts: FactNotes): JunkWatchAnswer {
  const { lineage, timezone, within, clockMs, asOf } = frame;
  const asOfMs = Date.parse(asOf);
  const gates = new Gates(frame);
  const fields = lineage.latest?.definition.fields ?? {};
  const notesOf = (deal: string): readonly FactNote[] =>
    [...facts.of(deal)].filter(({ occurredMs, recordedMs }) => recordedMs <= asOfMs && occurredMs <= clockMs);

  // First: who gives the same value over and over. Names of people who sell are no junk, however often they are given.
  const given = new Given();
  const people = new Set<string>();
  for (const deal of frame.deals) {
    people.add(deal.owner);
    const notes = notesOf(deal.id);
    for (const { by } of notes) people.add(by);
    given.add(notes, fields);
  }
  const repeated = given.repeated(people);
  const isRepeated = ({ by, field, value }: FactNote): boolean => repeated.has(keyOf(by, field, value ?? ''));

  const tallies = new Tallies<Tally>(frame, () => new Tally());
  for (const deal of frame.deals) {
    let notes: readonly FactNote[] | null = null;
    // Tracks go on side by side: each is held against itself.
    const previous = new Map<string | null, number>();
    for (const step of deal.steps) {
      if (step.cause !== 'move' && step.cause !== 'import') continue;
      const beforeMs = previous.get(step.track);
      previous.set(step.track, step.occurredMs);
      if (!within(step.occurredMs)) continue;
      const gate = tallies.of(deal, step).gate(step);
      gate.steps++;
      if (beforeMs !== undefined && !isUntimed(beforeMs, step)) {
        gate.timed++;
        if (step.occurredMs - beforeMs < RUSHED_WITHIN_MS) gate.found.rushed.add(deal.id);
      }
      const day = dayAt(step.occurredMs, timezone);
      if (Number(day.slice(8)) > daysIn(day) - LAST_DAYS) gate.found.periodEnd.add(deal.id);
      const asked = gates.of(step);
      if (asked.passable || step.overridden.length > 0) gate.passable++;
      if (step.overridden.length > 0) gate.found.overridden.add(deal.id);
      for (const check of asked.checks) gate.addCheck(check, step, step.overridden.includes(check));
      for (const check of step.overridden) if (!asked.checks.includes(check)) gate.addCheck(check, step, true);
      for (const field of asked.fields) {
        gate.asks.add(field);
        notes ??= notesOf(deal.id);
        const note = notes.findLast((one) => one.field === field && one.occurredMs <= step.occurredMs);
        const type = fields[field];
        if (!note || note.value === null || !type || !isFree(type)) continue;
        gate.values++;
        if (looksLikePlaceholder(note.value, type)) {
          gate.found.placeholders.add(deal.id);
          const key = JSON.stringify([field, note.value]);
          gate.typed.set(key, (gate.typed.get(key) ?? 0) + 1);
        }
        if (isRepeated(note)) gate.found.repeated.add(deal.id);
      }
    }
  }
  return {
    ...answer(
      'junk-watch',
      frame,
      tallies.groups((group, tally) => tally.told(group, lineage.nameOf.bind(lineage), [...repeated.values()], frame.by)),
    ),
    rushedWithinSeconds: RUSHED_WITHIN_MS / 1000,
    periodEndDays: LAST_DAYS,
    fewest: FEWEST,
  };
}

/** Values that people are free to choose: of choices and yes-or-no the same ones come again and again. */
const isFree = ({ type }: Pick<Field, 'type'>): boolean => type !== 'choice' && type !== 'yesno';

const DAY_MS = 86_400_000;

/** Imported steps that are known by their days alone have no times that could be compared. */
const isUntimed = (beforeMs: number, { occurredMs, cause }: DealStep): boolean =>
  cause === 'import' && beforeMs === occurredMs && occurredMs % (DAY_MS / 24) === 0;

function daysIn(day: string): number {
  const [year, month] = day.split('-').map(Number);
  return new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
}

const keyOf = (by: string, field: string, value: string): string => JSON.stringify([by, field, value]);

// -------------------------------------------------------------------------------------------------- the same value again

class Given {
  /** By field: by person, in how many deals each value was given. */
  private readonly fields = new Map<string, Map<string, { deals: number; readonly values: Map<string, number> }>>();

  add(notes: readonly FactNote[], fields: SalesProcess['fields']): void {
    const latest = new Map<string, FactNote>();
    for (const note of notes) if (fields[note.field] && isFree(fields[note.field]!)) latest.set(note.field, note);
    for (const { field, by, value } of latest.values()) {
      if (value === null) continue;
      const person = at(
        at(this.fields, field, () => new Map<string, { deals: number; readonly values: Map<string, number> }>()),
        by,
        () => ({ deals: 0, values: new Map<string, number>() }),
      );
      person.deals++;
      person.values.set(value, (person.values.get(value) ?? 0) + 1);
    }
  }

  /** The same value in at least five deals and in half of those the person gave one for, more often than the others give it. */
  repeated(people: ReadonlySet<string>): ReadonlyMap<string, RepeatedValue> {
    const found = new Map<string, RepeatedValue>();
    for (const [field, byPerson] of this.fields) {
      const total = new Map<string, number>();
      let all = 0;
      for (const { deals, values } of byPerson.values()) {
        all += deals;
        for (const [value, times] of values) total.set(value, (total.get(value) ?? 0) + times);
      }
      for (const [by, { deals, values }] of byPerson)
        for (const [value, times] of values) {
          if (times < FEWEST || times * 2 < deals || people.has(value)) continue;
          const here = rateOf(times, deals);
          const rest = rateOf(total.get(value)! - times, all - deals);
          const excess = differenceOf(here, rest);
          if (excess !== null && excess.low <= 0) continue;
          found.set(keyOf(by, field, value), { field, by, value, deals: here, rest });
        }
    }
    return found;
  }
}

// ------------------------------------------------------------------------------------------------------ what a gate asks

interface Asked {
  readonly fields: readonly string[];
  readonly checks: readonly string[];
  /** Whether anybody may let one of its checks pass. */
  readonly passable: boolean;
}

const NOTHING: Asked = { fields: [], checks: [], passable: false };

class Gates {
  private readonly known = new Map<string, Asked>();

  constructor(private readonly frame: Pick<Frame, 'lineage'>) {}

  of({ version, from, to, recorded, move, track }: DealStep): Asked {
    return at(this.known, JSON.stringify([version, recorded.from, recorded.to, move, track]), () => {
      const { lineage } = this.frame;
      // In its own version under the names it was recorded with, in the latest under those of today.
      for (const [definition, places] of [
        [lineage.definition(version), recorded],
        [lineage.latest?.definition ?? null, { from, to }],
      ] as const) {
        const found = definition && moveIn(definition, { from: places.from, to: places.to, move, track });
        if (found) return askedBy(found, definition);
      }
      return NOTHING;
    });
  }
}

function moveIn(
  { stages }: SalesProcess,
  { from, to, move, track }: Pick<DealStep, 'from' | 'to' | 'move' | 'track'>,
): Move | null {
  const moves =
    track === null
      ? Object.values(stages[from]?.moves ?? {})
      : Object.values(stages).flatMap(({ tracks }) => Object.values(tracks[track]?.stages[from]?.moves ?? {}));
  return moves.find((one) => one.name === move) ?? moves.find((one) => one.to === to) ?? null;
}

function askedBy({ needs, checks }: Move, { fields }: SalesProcess): Asked {
  const read = checks.flatMap(({ when }) => {
    const found = readExpression(when, fields);
    return 'expression' in found ? found.expression.fields : [];
  });
  return {
    fields: [...new Set([...needs, ...read])],
    checks: checks.map(({ id }) => id),
    passable: checks.some(({ override }) => override !== undefined),
  };
}

// ------------------------------------------------------------------------------------------------------------- counting

class Gate {
  steps = 0;
  values = 0;
  /** Steps with one of the same deal before them. */
  timed = 0;
  /** Steps at which a check could be let pass. */
  passable = 0;
  readonly found: Readonly<Record<JunkSign, Occurrences>> = {
    placeholders: new Occurrences(),
    repeated: new Occurrences(),
    rushed: new Occurrences(),
    periodEnd: new Occurrences(),
    overridden: new Occurrences(),
  };
  readonly asks = new Set<string>();
  readonly typed = new Map<string, number>();
  /** By check: by owner, on how many steps of their deals it was asked, and who let it pass how often. */
  readonly checks = new Map<string, Map<string, Checked>>();

  constructor(
    readonly from: string,
    readonly to: string,
    readonly track: string | null,
  ) {}

  addCheck(check: string, { owner, by }: DealStep, passed: boolean): void {
    const one = at(
      at(this.checks, check, () => new Map<string, Checked>()),
      owner,
      () => ({ steps: 0, passed: 0, passedBy: new Map<string, number>() }),
    );
    one.steps++;
    if (!passed) return;
    one.passed++;
    one.passedBy.set(by, (one.passedBy.get(by) ?? 0) + 1);
  }
}

interface Checked {
  steps: number;
  passed: number;
  readonly passedBy: Map<string, number>;
}

/** Of what the share is. */
const OF: Readonly<Record<JunkSign, 'steps' | 'values' | 'timed' | 'passable'>> = {
  placeholders: 'values',
  repeated: 'values',
  rushed: 'timed',
  periodEnd: 'steps',
  overridden: 'passable',
};
const SIGNS = Object.keys(OF) as JunkSign[];

class Tally {
  private readonly gates = new Map<string, Gate>();

  gate({ from, to, track }: DealStep): Gate {
    return at(this.gates, JSON.stringify([from, to, track]), () => new Gate(from, to, track));
  }

  told(
    group: string | null,
    nameOf: (stage: string) => StageName,
    repeated: readonly RepeatedValue[],
    by: Frame['by'],
  ): JunkWatchGroup {
    const gates = [...this.gates.values()];
    const sum = (of: (gate: Gate) => number): number => gates.reduce((total, gate) => total + of(gate), 0);
    const share = (sign: JunkSign, only: (gate: Gate) => boolean): Rate =>
      rateOf(
        sum((gate) => (only(gate) ? gate.found[sign].times : 0)),
        sum((gate) => (only(gate) ? gate[OF[sign]] : 0)),
      );
    const rows = gates.map((gate): JunkGate => {
      const sign = (name: JunkSign): Sign => {
        const [here, rest] = [share(name, (one) => one === gate), share(name, (one) => one !== gate)];
        return { here, rest, excess: differenceOf(here, rest), examples: gate.found[name].examples() };
      };
      const { from, to, track, asks, steps, typed } = gate;
      const signs = {
        placeholders: sign('placeholders'),
        repeated: sign('repeated'),
        rushed: sign('rushed'),
        periodEnd: sign('periodEnd'),
        overridden: sign('overridden'),
      };
      const label = (stage: string): string => (track === null ? nameOf(stage).label : stage);
      return {
        from,
        fromLabel: label(from),
        to,
        toLabel: label(to),
        track,
        asks: [...asks].toSorted(),
        steps,
        ...signs,
        standsOut: SIGNS.filter((name) => standsOut(signs[name])),
        values: [...typed]
          .map(([key, times]) => {
            const [field, value] = JSON.parse(key) as [string, string];
            return { field, value, times };
          })
          .toSorted((a, b) => b.times - a.times || (a.field + a.value < b.field + b.value ? -1 : 1))
          .slice(0, MOST_VALUES),
      };
    });
    const most = ({ standsOut: out, placeholders, repeated: again, rushed, overridden }: JunkGate): number =>
      out.length * 10 + [placeholders, again, rushed, overridden].reduce((total, { here }) => total + (here.rate ?? 0), 0);
    return {
      group,
      steps: sum(({ steps }) => steps),
      placeholders: share('placeholders', () => true),
      gates: rows.toSorted((a, b) => most(b) - most(a) || b.steps - a.steps || (a.from + a.to < b.from + b.to ? -1 : 1)),
      overrides: gates
        .flatMap((gate) => habitual(gate))
        .toSorted((a, b) => b.steps.count - a.steps.count || (a.check + a.owner < b.check + b.owner ? -1 : 1))
        .slice(0, MOST_ROWS),
      repeated: repeated
        .filter((one) => by === null || (by === 'owner' && one.by === group))
        .toSorted((a, b) => b.deals.count - a.deals.count || (a.field + a.by < b.field + b.by ? -1 : 1))
        .slice(0, MOST_ROWS),
    };
  }
}

const standsOut = ({ here, excess }: Sign): boolean => here.count >= FEWEST && excess !== null && excess.low > 0;

/** On whose deals a check is let pass more often than on everybody else's at this gate. */
function habitual({ from, to, track, checks }: Gate): readonly HabitualOverride[] {
  return [...checks].flatMap(([check, people]) => {
    const all = [...people.values()].reduce((sum, one) => ({ steps: sum.steps + one.steps, passed: sum.passed + one.passed }), {
      steps: 0,
      passed: 0,
    });
    return [...people].flatMap(([owner, { steps, passed, passedBy }]): HabitualOverride[] => {
      if (passed < FEWEST) return [];
      const [here, rest] = [rateOf(passed, steps), rateOf(all.passed - passed, all.steps - steps)];
      const excess = differenceOf(here, rest);
      return excess !== null && excess.low <= 0
        ? []
        : [
            {
              from,
              to,
              track,
              check,
              owner,
              steps: here,
              rest,
              passedBy: Array.from(passedBy, ([person, times]) => ({ person, steps: times }))
                .toSorted((a, b) => b.steps - a.steps || (a.person < b.person ? -1 : 1))
                .slice(0, MOST_PASSED_BY),
            },
          ];
    });
  });
}
