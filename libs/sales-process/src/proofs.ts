import { Demands } from './demands.js';
import { fault, key, value, type Fault, type Spot } from './graph.js';
import type { Check, Limit, Move, SalesProcess, Stage, TrackStage } from './process.js';
import type { Path } from './process-text.js';
import { Teller, Walks } from './story.js';
import { listed, timeText } from './wording.js';

/**
 * What can be proved of a process whose every name means something: faults of its rules taken together, over all deals there can be
 * (the stages, times the facts that its checks can tell apart). Each is shown by the story of one deal.
 *
 * Facts may be recorded at any time and by anyone, and so count as free between one move and the next.
 */
export function proved(process: SalesProcess, ways: readonly Fault[]): readonly Fault[] {
  const proofs = new Proofs(process, new Set(ways.map(({ path }) => path.join('/'))));
  return [...ways.map((one) => ({ ...one, story: proofs.storyOf(one) })), ...proofs.faults()];
}

/** A stage of the process or of one of its tracks, and where it stands in the file. */
interface Where {
  readonly stage: Stage;
  readonly track: string | null;
  readonly place: Stage | TrackStage;
  readonly path: Path;
}

/** Five years; with holidays, due within the ten that a working time is counted for. */
const MOST_LIMIT_DAYS = 1826;

class Proofs {
  private readonly demands: Demands;
  private readonly walks: Walks;
  private readonly wheres: readonly Where[];
  private readonly befores = new Map<string, ReadonlySet<string>>();

  /** `told`: places in the file that a fault stands at already. */
  constructor(
    private readonly process: SalesProcess,
    private readonly told: ReadonlySet<string>,
  ) {
    this.demands = new Demands(process);
    this.walks = new Walks(process, this.demands);
    this.wheres = Object.values(process.stages).flatMap((stage): readonly Where[] => [
      { stage, track: null, place: stage, path: ['stages', stage.id] },
      ...Object.values(stage.tracks).flatMap((track) =>
        Object.values(track.stages).map((place): Where => ({
          stage,
          track: track.id,
          place,
          path: ['stages', stage.id, 'tracks', track.id, 'stages', place.id],
        })),
      ),
    ]);
  }

  faults(): readonly Fault[] {
    return [
      ...this.wheres.flatMap((where) => [
        ...Object.values(where.place.moves).flatMap((move) => this.ofMove(where, move)),
        ...this.ofPairs(where),
        ...this.ofLimit(where),
        ...this.ofLongLimit(where),
      ]),
      ...this.ofRoles(),
      ...this.ofForecast(),
      ...this.ofTargetCycle(),
    ];
  }

  // ------------------------------------------------------------------------------------------------ rules of one move

  private ofMove(where: Where, move: Move): readonly Fault[] {
    const path = [...where.path, 'moves', move.name];
    const checks = move.checks.map((check, at) => ({ check, spot: value([...path, 'checks', at, 'when']) }));
    const alone = checks.flatMap(({ check, spot }) =>
      this.told.has(spot.path.join('/')) ? [] : this.ofCheck(where, move, check, spot),
    );
    const isToldAlready = checks.some(({ spot }) => this.told.has(spot.path.join('/')));
    const never = alone.some(({ code }) => code === 'check-never-holds') || isToldAlready;
    if (!never && this.demands.for(move) === 'never') return [...alone, this.neverMade(where, move, path)];
    return [...alone, ...(never ? [] : checks.flatMap(({ check, spot }) => this.asksTooEarly(where, move, check, spot)))];
  }

  private ofCheck(where: Where, move: Move, check: Check, spot: Spot): readonly Fault[] {
    const labels = listed(
      this.demands.fieldsOf(check).map((field) => this.process.fields[field]!.label),
      'and',
    );
    const passing = this.demands.passing(check);
    if (passing === 'never')
      return [
        fault(
          'check-never-holds',
          spot,
          `This check can never hold, whatever ${labels === '' ? 'the deal' : labels} is.`,
          NEVER_HOLDS,
        ),
      ].map((one) => ({ ...one, story: this.blockedForGood(where, move, check) }));
    if (this.demands.refusedBy(check) !== 'never') return [];

    const asks = this.demands.fieldsOf(check).filter((field) => this.demands.asksFor(check, field));
    const message =
      asks.length === 0
        ? 'This check always holds: it stops no deal.'
        : `This check holds whatever ${labels} is: it stops only a deal of which that is not recorded.`;
    const suggestion =
      asks.length === 0
        ? 'Take it out, or say what it should stop.'
        : `Write needs: [${asks.join(', ')}] instead, or say what it should stop.`;
    const teller = this.comesTo(where);
    const facts = typeof passing === 'object' ? passing.facts : {};
    if (asks.length > 0) teller.say(`Without ${labels} recorded, "${move.label}" is blocked: ${check.say}`);
    teller.say(
      `${Object.keys(facts).length === 0 ? 'Whatever its facts are' : `With ${teller.facts(facts)}`}, the check lets it pass; so it does with every other value.`,
    );
    return [{ ...fault('check-always-holds', spot, message, suggestion, 'warning'), story: teller.told }];
  }

  private neverMade(where: Where, move: Move, path: Path): Fault {
    const asked = [
      ...move.needs.map((field) => `${this.process.fields[field]!.label} recorded`),
      ...move.checks.map(({ id }) => id),
    ];
    return {
      ...fault(
        'move-never-made',
        key(path),
        `"${move.label}" can never be made: what it asks for (${listed(asked, 'and')}) cannot all be.`,
        'Make two moves of it, or let one of the checks ask for less.',
      ),
      story: this.blockedForGood(where, move),
    };
  }

  /** A check that stops a deal for want of a fact that nobody has been asked for yet, and that a later move asks for. */
  private asksTooEarly({ stage, ...where }: Where, move: Move, check: Check, spot: Spot): readonly Fault[] {
    const unasked = this.demands
      .fieldsOf(check)
      .filter((field) => !move.needs.includes(field) && this.demands.asksFor(check, field));
    if (unasked.length === 0) return [];
    const before = this.before(stage.id);
    const asks = (one: Move, field: string): boolean =>
      one.needs.includes(field) || (one !== move && one.checks.some((other) => this.demands.fieldsOf(other).includes(field)));
    return unasked.flatMap((field): readonly Fault[] => {
      const asking = this.wheres.flatMap((other) =>
        Object.values(other.place.moves)
          .filter((one) => asks(one, field))
          .map((one) => ({ stage: other.stage, move: one })),
      );
      const later = asking.find(({ move: one, stage: at }) => one.needs.includes(field) && !before.has(at.id));
      if (!later || asking.some(({ stage: at }) => before.has(at.id))) return [];
      const label = this.process.fields[field]!.label;
      const teller = this.comesTo({ stage, ...where });
      teller.say(
        `Up to here nobody had to record ${label}.`,
        `"${move.label}" is blocked: ${check.say}`,
        `The first move that asks for ${label} is "${later.move.label}" in ${later.stage.label}, which comes after it.`,
      );
      return [
        {
          ...fault(
            'fact-asked-too-early',
            spot,
            `This check reads ${label}, which is first asked for later, by "${later.move.label}" in stage "${later.stage.id}".`,
            `Let this move need it (needs: [${field}]), so that sellers are asked for it before they are stopped.`,
            'warning',
          ),
          story: teller.told,
        },
      ];
    });
  }

  /** The stages a deal may have stood in when it first comes to this one, itself among them. */
  private before(stage: string): ReadonlySet<string> {
    const known = this.befores.get(stage);
    if (known) return known;
    const seen = new Set(stage === this.process.start ? [] : [this.process.start]);
    for (const id of seen) for (const { to } of this.walks.hopsFrom(this.process.stages[id]!)) if (to !== stage) seen.add(to);
    this.befores.set(stage, seen.add(stage));
    return seen;
  }

  // ------------------------------------------------------------------------------------------------ moves side by side

  /** Two moves that the same people may make to the same stage, of which no deal may ever make either. */
  private ofPairs(where: Where): readonly Fault[] {
    const moves = Object.values(where.place.moves).filter((move) => typeof this.demands.for(move) === 'object');
    return moves.flatMap((later, at) =>
      moves.slice(0, at).flatMap((earlier): readonly Fault[] => {
        if (earlier.to !== later.to || !mayBoth(earlier, later) || this.demands.lettingPass([earlier, later]) !== 'never')
          return [];
        const teller = this.comesTo(where);
        const [one, other] = [earlier, later].map((move) => {
          const found = this.demands.for(move);
          return typeof found === 'object' ? teller.facts(found.facts, this.readBy(earlier, later)) : '';
        });
        teller.say(
          `With ${one}, "${earlier.label}" takes it on, and "${later.label}" is blocked.`,
          `With ${other}, it is the other way round. No deal can ever choose between the two.`,
        );
        return [
          {
            ...fault(
              'moves-exclude-each-other',
              key([...where.path, 'moves', later.name]),
              `"${earlier.label}" and "${later.label}" lead the same people to the same stage, and what they ask for excludes each other.`,
              'Make one move of them, or give each its own roles or its own stage.',
              'warning',
            ),
            story: teller.told,
          },
        ];
      }),
    );
  }

  private readBy(...moves: readonly Move[]): readonly string[] {
    return [...new Set(moves.flatMap(({ checks }) => checks.flatMap((check) => this.demands.fieldsOf(check))))];
  }

  // ----------------------------------------------------------------------------------------------- limits and roles

  /** A limit asks for a move by itself, with nobody there to record what is missing. */
  private ofLimit(where: Where): readonly Fault[] {
    const { limit, moves } = where.place;
    const move = limit && moves[limit.then];
    if (!limit || !move) return [];
    const asked = [...move.needs, ...move.checks.map(({ id }) => id)];
    if (asked.length === 0) return [];
    const missing = [
      ...move.needs.map((field) => `${this.process.fields[field]!.label} must be recorded.`),
      ...move.checks.map(({ say }) => say),
    ];
    return [
      {
        ...fault(
          'limit-may-block',
          value([...where.path, 'limit', 'then']),
          `When the time is up, "${limit.then}" is made only if it is not blocked by ${asked.join(', ')}.`,
          undefined,
          'warning',
        ),
        story: this.comesTo(where).say(
          `It stays there for ${timeText(limit.time)}. The time limit asks for "${move.label}", and nobody is there to record what it asks for.`,
          `Where that is missing it is blocked: ${missing.join(' ')} The deal stays where it is.`,
        ).told,
      },
    ];
  }

  /** A time limit that nobody lives to see, because the open hours of a week are few. */
  private ofLongLimit(where: Where): readonly Fault[] {
    const { limit } = where.place;
    const days = limit ? this.daysOf(limit.time) : 0;
    if (!limit || !limit.time.unit.startsWith('working') || days <= MOST_LIMIT_DAYS) return [];
    return [
      {
        ...fault(
          'limit-too-long',
          value([...where.path, 'limit', 'time']),
          `With the open hours of this process ${timeText(limit.time)} are ${daysText(days)}; a limit in working time may take ${daysText(MOST_LIMIT_DAYS)}.`,
          'Write it in days or hours, which count around the clock, or give workingHours more of the week.',
        ),
        story: this.comesTo(where).say(`It stands there for ${daysText(days)} before anybody is told.`).told,
      },
    ];
  }

  /** A role that may make no move, let no check pass, and is told of nothing. */
  private ofRoles(): readonly Fault[] {
    const moves = this.wheres.flatMap(({ place }) => Object.values(place.moves));
    const limits = this.wheres.flatMap(({ place }) => (place.limit ? [place.limit] : []));
    if (moves.length === 0 || moves.some(({ by }) => by.length === 0)) return [];
    const named = new Set([
      ...moves.flatMap(({ by, checks }) => [...by, ...checks.flatMap(({ override }) => override?.by ?? [])]),
      ...limits.flatMap(({ tell }) => tell),
    ]);
    return this.process.roles.flatMap((role, at): readonly Fault[] => {
      if (named.has(role)) return [];
      const first = this.process.stages[this.process.start]!;
      const teller = new Teller(this.process, this.demands).walk(null);
      const others = Object.values(first.moves).map(({ label, by }) => `"${label}" is for ${listed(by, 'or')}`);
      teller.say(
        `Somebody whose only role is ${role} looks at it: ${others.length > 0 ? listed(others, 'and') : 'there is no move yet'}.`,
        `So it is in each of the ${this.wheres.length} places of the process: ${role} may make none of its ${moves.length} moves, let no check pass, and is told of no time limit.`,
      );
      return [
        {
          ...fault(
            'idle-role',
            value(['roles', at]),
            `Role "${role}" can do nothing in this process.`,
            'Name it at a move, or take it out.',
            'warning',
          ),
          story: teller.told,
        },
      ];
    });
  }

  // ------------------------------------------------------------------------------------------ figures along the path

  /** From a stage to a later one in the order of selling, the probability of winning should not fall. */
  private ofForecast(): readonly Fault[] {
    const order = Object.keys(this.process.stages);
    const counts = ({ phase, result }: Stage): boolean => result === 'won' || (phase !== 'closed' && phase !== 'customer');
    /** The next stages forward that have a probability, over those that have none. */
    const next = (stage: Stage, seen: Set<string>): readonly Stage[] =>
      this.walks.hopsFrom(stage).flatMap(({ to }): readonly Stage[] => {
        const target = this.process.stages[to]!;
        if (order.indexOf(to) <= order.indexOf(stage.id) || !counts(target) || seen.has(to)) return [];
        seen.add(to);
        return target.forecast ? [target] : next(target, seen);
      });
    const told = new Set<string>();
    return Object.values(this.process.stages).flatMap((stage) => {
      if (!stage.forecast || !counts(stage) || stage.result) return [];
      const { probability } = stage.forecast;
      return next(stage, new Set()).flatMap((later): readonly Fault[] => {
        if (later.forecast!.probability >= probability || told.has(later.id)) return [];
        told.add(later.id);
        const teller = this.comesTo({ stage, track: null, place: stage, path: [] });
        const on = this.walks.hopsFrom(stage).find(({ to }) => to === later.id);
        teller.say(
          `There it counts with ${probability} % in the forecast.`,
          `${on?.move ? teller.making(on.move) : 'The way on'} takes it to ${later.label}, one step nearer to the win, and it counts with ${later.forecast!.probability} %.`,
        );
        return [
          {
            ...fault(
              'forecast-falls',
              value(['stages', later.id, 'forecast', 'probability']),
              `A deal that goes on from "${stage.id}" to "${later.id}" falls from ${probability} to ${later.forecast!.probability} % in the forecast.`,
              `Let it be at least ${probability}, or let "${stage.id}" count less.`,
              'warning',
            ),
            story: teller.told,
          },
        ];
      });
    });
  }

  /** On every way to a win, the limits that a deal may use up without a word must come to no more than the target. */
  private ofTargetCycle(): readonly Fault[] {
    const { targetCycle: target, start, stages } = this.process;
    if (!target) return [];
    const allowed = new Map(Object.values(stages).map((stage) => [stage.id, this.daysAllowed(stage)]));
    const quickest = new Map<string, { readonly days: number; readonly way: readonly string[] }>([
      [start, { days: 0, way: [start] }],
    ]);
    const open = [start];
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      const { days, way } = quickest.get(id)!;
      for (const { to } of this.walks.hopsFrom(stages[id]!)) {
        const then = days + allowed.get(id)!;
        if (then >= (quickest.get(to)?.days ?? Infinity)) continue;
        quickest.set(to, { days: then, way: [...way, to] });
        open.push(to);
      }
    }
    const [won] = Object.values(stages)
      .filter(({ id, result }) => result === 'won' && quickest.has(id))
      .map(({ id }) => quickest.get(id)!)
      .toSorted((a, b) => a.days - b.days);
    const most = this.daysOf(target);
    if (!won || won.days <= most) return [];

    const teller = new Teller(this.process, this.demands).walk(null);
    for (const id of won.way.slice(0, -1)) {
      const stage = stages[id]!;
      const days = allowed.get(id)!;
      if (days > 0)
        teller.say(
          `It stands in ${stage.label} as long as its time limits allow, ${stage.limit ? timeText(stage.limit.time) : `${daysText(days)} in its tracks`}.`,
        );
    }
    teller.say(
      `It comes to ${teller.stage(won.way.at(-1)!)} after ${daysText(won.days)}. No limit was broken, nobody was told, and the target of ${timeText(target)} was missed.`,
    );
    return [
      {
        ...fault(
          'limits-over-target',
          value(['targetCycle']),
          `Even on the shortest way to a win the time limits allow ${daysText(won.days)}; the target is ${timeText(target)}.`,
          'Shorten limits, or give deals longer.',
          'warning',
        ),
        story: teller.told,
      },
    ];
  }

  /** For how long a deal may stand in a stage before anybody is told; 0 where nothing limits it. */
  private daysAllowed({ limit, tracks }: Stage): number {
    if (limit) return this.daysOf(limit.time);
    const inTracks = Object.values(tracks).map((track) => {
      const moves = this.walks.inTrack(track, null) ?? [];
      const at = [track.start, ...moves.map(({ to }) => to)];
      const limits = at.flatMap((id) => track.stages[id]?.limit ?? []);
      return limits.reduce((sum, { time }) => sum + this.daysOf(time), 0);
    });
    return Math.max(0, ...inTracks);
  }

  /** In days on the calendar, holidays left out; working time by the open hours of a week. */
  private daysOf({ amount, unit }: Limit['time']): number {
    const week = Object.values(this.process.workingHours).filter((hours) => hours.length > 0);
    switch (unit) {
      case 'days':
        return amount;
      case 'hours':
        return amount / 24;
      case 'working days':
        return (amount * 7) / week.length;
      case 'working hours': {
        const minutes = week.flat().reduce((sum, { from, to }) => sum + to - from, 0);
        return (amount * 60 * 7) / minutes;
      }
    }
  }

  // --------------------------------------------------------------------------------------------------------- stories

  /** The story of a fault of the ways through the process. */
  storyOf({ code, path, of }: Fault): readonly string[] {
    const [, id, , track] = path.map(String);
    const stage = id === undefined ? undefined : this.process.stages[id];
    const where = stage && this.wheres.find((one) => one.path.join('/') === path.slice(0, one.path.length).join('/'));
    const teller = new Teller(this.process, this.demands);
    const reached = listed(this.walks.stages.map(teller.stage), 'and');
    switch (code) {
      case 'unreachable-stage': {
        if (!stage || path.length <= 2)
          return teller.walk(null).say(`Whatever is done with it, it comes to ${reached} at most.`).told;
        return this.comesTo({ stage, track: null, place: stage, path: [] }).say(
          `Track ${stage.tracks[track!]!.label} begins in ${this.label(stage, track!, stage.tracks[track!]!.start)}; no move leads on to ${this.label(stage, track!, String(path.at(-1)))}.`,
        ).told;
      }
      case 'dead-end': {
        if (!where) return [];
        const on = Object.values(where.place.moves);
        const circle = where.track === null ? this.walks.from(where.stage.id).map(teller.stage) : [];
        return this.comesTo(where).say(
          on.length === 0
            ? 'There it stands: no move leads on, and it is neither won nor lost.'
            : where.track === null
              ? `From there it comes to ${listed(circle, 'and')}, round and round, and is never won or lost.`
              : 'From there no move brings the track to its end.',
        ).told;
      }
      case 'no-way-to-win':
      case 'no-way-to-lose': {
        const farthest = this.walks.stages.at(-1)!;
        const result = code === 'no-way-to-win' ? 'won' : 'lost';
        return teller.walk(this.walks.to(farthest)).say(`It may come to ${reached}, and in none of them is it ${result}.`).told;
      }
      case 'joins-itself':
        return stage
          ? this.comesTo({ stage, track: null, place: stage, path: [] }).say(
              `Once its tracks are done it enters ${stage.label} again, and its tracks begin anew.`,
            ).told
          : [];
      case 'track-never-done': {
        const one = stage?.tracks[track!];
        if (!stage || !one) return [];
        return this.comesTo({ stage, track: null, place: stage, path: [] }).say(
          `Track ${one.label} begins in ${this.label(stage, one.id, one.start)}, and no move of it leads to where it is done.`,
          `So the tracks are never all done, and the deal never goes on to ${teller.stage(stage.whenAllDone!)} by itself.`,
        ).told;
      }
      case 'check-never-holds': {
        const at = path.indexOf('moves');
        const move = where?.place.moves[String(path[at + 1])];
        const check = move?.checks[Number(path[at + 3])];
        return of === 'value' && where && move && check ? this.blockedForGood(where, move, check) : [];
      }
      default:
        return [];
    }
  }

  private label = (stage: Stage, track: string, id: string): string => stage.tracks[track]?.stages[id]?.label ?? id;

  /** The story up to where the deal stands in a stage, or in a stage of a track. */
  private comesTo({ stage, track, place }: Where): Teller {
    const teller = new Teller(this.process, this.demands);
    const hops = this.walks.to(stage.id);
    teller.walk(hops);
    if (hops === null) teller.say(`Suppose that it comes to ${stage.label}.`);
    if (track === null) return teller;
    const one = stage.tracks[track]!;
    const moves = this.walks.inTrack(one, place.id) ?? [];
    return teller.say(
      moves.length === 0
        ? `Track ${one.label} begins in ${place.label}.`
        : `${listed(
            moves.map((move) => teller.making(move)),
            'and',
          )} bring track ${one.label} to ${place.label}.`,
    );
  }

  /** A move that no facts let pass, and what never comes to be because of it. */
  private blockedForGood(where: Where, move: Move, check: Check | null = null): readonly string[] {
    const teller = this.comesTo(where);
    const asks = [
      ...move.needs.map((field) => `${this.process.fields[field]!.label} must be recorded.`),
      ...move.checks.map(({ say }) => say),
    ];
    teller.say(
      check
        ? `"${move.label}" is blocked, whatever is recorded: ${check.say}`
        : `"${move.label}" is blocked by one of these, whatever is recorded: ${asks.join(' ')}`,
    );
    if (where.track !== null) {
      const track = where.stage.tracks[where.track]!;
      if (this.walks.inTrack(track, null) === null)
        teller.say(
          `So track ${track.label} is never done, and the deal never goes on to ${teller.stage(where.stage.whenAllDone!)} by itself.`,
        );
    }
    const lost = Object.keys(this.process.stages).filter((id) => this.walks.to(id) === null);
    if (lost.length > 0) teller.say(`No deal ever comes to ${listed(lost.map(teller.stage), 'or')}.`);
    return teller.told;
  }
}

const NEVER_HOLDS = 'Correct what it asks for, or take it out.';

const mayBoth = (a: Move, b: Move): boolean => a.by.length === 0 || b.by.length === 0 || a.by.some((role) => b.by.includes(role));

const daysText = (days: number): string => {
  const rounded = Math.round(days * 10) / 10;
  return `${rounded} ${rounded === 1 ? 'day' : 'days'}`;
};
