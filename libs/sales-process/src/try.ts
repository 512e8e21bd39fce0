import { limitDue } from './calendar.js';
import { factProblems, minorDigits, type FactInputs, type FactValue } from './facts.js';
import type { CompiledProcess, Standing } from './machine.js';
import { nearest } from './nearest.js';
import {
  decide,
  evolve,
  factValues,
  limitsAt,
  openMoves,
  possibleMoves,
  startOf,
  type Blocker,
  type Opportunity,
  type OpportunityCommand,
  type OpportunityEvent,
  type PossibleMove,
} from './opportunity.js';
import type { Field, Limit } from './process.js';
import { listed, timeText, valueText } from './wording.js';

/**
 * A deal walked through a process line by line, by somebody who wants to know what the process would say: nothing of it is recorded.
 * The same rules answer as for a deal that is (`decide`, `possibleMoves`).
 */
export interface Tried {
  readonly process: CompiledProcess;
  readonly deal: Opportunity;
  /** In which roles it is asked. */
  readonly roles: readonly string[];
  /** The present of the deal, ISO 8601 in UTC; `wait` moves it on. */
  readonly at: string;
  /** What has happened to the deal here. */
  readonly events: readonly OpportunityEvent[];
  /** How it stood before the last line that changed something. */
  readonly before: Tried | null;
}

/** What a line came to. */
export interface TriedLine {
  readonly line: string;
  /** `refused`: the process said no. `wrong`: the line could not be understood. Nothing has changed in either. */
  readonly outcome: 'done' | 'refused' | 'wrong';
  /** False where the line is not what was expected: a refusal, or a move that passed where `!` said that it would not. */
  readonly asExpected: boolean;
  readonly say: readonly string[];
  readonly blockers: readonly Blocker[];
  readonly stage: string;
  readonly tracks: Opportunity['tracks'];
  readonly moves: readonly PossibleMove[];
}

/** The name under which things are done here. */
const SOMEBODY = 'you';

export const TRY_HELP: readonly string[] = [
  'MOVE [fact=value ...] [override=CHECK,CHECK] [reason="..."]   make a move, recording facts with it',
  'set fact=value ...                                            record facts; fact= takes one back',
  'as ROLE,ROLE | as everyone                                    ask in these roles',
  'wait 3 days | wait 8 working hours                            let time pass; time limits fire',
  '! MOVE ...                                                    make sure that a move is blocked (for scripts)',
  'moves | facts | limits                                        look',
  'back                                                          take the last line back',
  'help | quit',
];

/** An invented deal at the start of a process, asked for by somebody in every role. */
export function tryInvented(process: CompiledProcess, at: string): Tried {
  const start = decide(
    process,
    { type: 'Capture', id: 'tried', actor: { id: SOMEBODY, roles: process.definition.roles, team: null }, at },
    null,
  );
  if ('refused' in start) throw new Error(`an empty deal is refused by ${process.ref.id}: ${start.say}`);
  const deal = start.events.reduce<Opportunity | null>((state, event) => evolve(state, event, 'tried'), null)!;
  return { process, deal, roles: process.definition.roles, at, events: start.events, before: null };
}

/**
 * A deal that is recorded, as it would stand under this process: in the stage of its name or in the one that was it, with the facts that fit,
 * and limits counted from when it came there. `left` says what does not fit; null when no stage continues its own.
 */
export function tryRecorded(
  process: CompiledProcess,
  deal: Opportunity,
  at: string,
): { readonly tried: Tried; readonly left: readonly string[] } | null {
  const { stages } = process.definition;
  const stage = stages[deal.stage] ?? Object.values(stages).find(({ was }) => was.includes(deal.stage));
  if (!stage) return null;
  const start = startOf(process, stage.id).tracks;
  const tracks = Object.fromEntries(
    Object.entries(start).map(([track, first]) => {
      const place = deal.tracks[track];
      return [track, place !== undefined && stage.tracks[track]!.stages[place] ? place : first];
    }),
  );
  const wrong = factProblems(process.definition, factValues(deal));
  const misfits = new Set(wrong.map(({ field }) => field));
  const standing: Standing = { stage: stage.id, tracks };
  const limits = Object.fromEntries(
    limitsAt(process, standing).map(([name, { time, then, tell }]) => [
      name,
      { startedAt: deal.stageSince, dueAt: limitDue(time, deal.stageSince, process.definition), then, tell, fired: false },
    ]),
  );
  const placed: Opportunity = {
    ...deal,
    ...standing,
    process: process.ref,
    phase: stage.phase,
    facts: Object.fromEntries(Object.entries(deal.facts).filter(([name]) => !misfits.has(name))),
    limits,
  };
  return {
    tried: { process, deal: placed, roles: process.definition.roles, at, events: [], before: null },
    left: wrong.map(({ say }) => say),
  };
}

export const triedMoves = ({ process, deal, roles, at }: Tried): readonly PossibleMove[] =>
  possibleMoves(process, deal, { roles }, at);

/** What could stand at the beginning of a line, and the names of facts: for those who complete lines. */
export const triedWords = ({ process, deal }: Tried): readonly string[] => [
  ...openMoves(process, deal).map(({ move }) => move.name),
  'set',
  'as',
  'wait',
  'moves',
  'facts',
  'limits',
  'back',
  'help',
  'quit',
  ...Object.keys(process.definition.fields).map((field) => `${field}=`),
];

/** The deal after a line, and what is said to it. Pure. */
export function tryLine(tried: Tried, line: string): { readonly tried: Tried; readonly told: TriedLine } {
  const expectsNo = line.trimStart().startsWith('!');
  const words = wordsOf(expectsNo ? line.trimStart().slice(1) : line);
  const answer = 'wrong' in words ? words : answerTo(tried, words);
  const next = 'next' in answer ? answer.next : tried;
  const outcome = 'wrong' in answer ? 'wrong' : 'refused' in answer ? 'refused' : 'done';
  const told: TriedLine = {
    line: line.trim(),
    outcome,
    asExpected: outcome === (expectsNo ? 'refused' : 'done'),
    say: 'wrong' in answer ? [answer.wrong] : 'refused' in answer ? [answer.refused] : answer.say,
    blockers: 'refused' in answer ? answer.blockers : [],
    stage: next.deal.stage,
    tracks: next.deal.tracks,
    moves: triedMoves(next),
  };
  return { tried: next, told };
}

type Answer =
  | { readonly next: Tried; readonly say: readonly string[] }
  | { readonly refused: string; readonly blockers: readonly Blocker[] }
  | { readonly wrong: string };

function answerTo(tried: Tried, [first, ...rest]: readonly string[]): Answer {
  switch (first) {
    case undefined:
    case 'moves':
      return { next: tried, say: [] };
    case 'facts':
      return { next: tried, say: factsSaid(tried) };
    case 'limits':
      return { next: tried, say: limitsSaid(tried) };
    case 'help':
      return { next: tried, say: TRY_HELP };
    case 'back':
      return tried.before
        ? { next: tried.before, say: [`Taken back: it stands in ${labelOf(tried.before)}.`] }
        : { wrong: 'There is nothing to take back.' };
    case 'as':
      return inRoles(tried, rest);
    case 'wait':
      return waited(tried, rest.join(' '));
    case 'set': {
      const read = pairsOf(tried, rest);
      if ('wrong' in read) return read;
      if (Object.keys(read.facts).length === 0 || read.override.length > 0 || read.reason !== null)
        return { wrong: 'Say which facts, like set fitScore=80.' };
      return asked(tried, { type: 'RecordFacts', facts: read.facts });
    }
    default: {
      const read = pairsOf(tried, rest);
      if ('wrong' in read) return read;
      const { facts, override, reason } = read;
      return asked(tried, { type: 'Advance', move: first, facts, override, ...(reason !== null && { reason }) });
    }
  }
}

type Asked = OpportunityCommand extends infer One ? (One extends OpportunityCommand ? Omit<One, 'actor' | 'at'> : never) : never;

function asked(tried: Tried, command: Asked): Answer {
  const actor = { id: SOMEBODY, roles: tried.roles, team: null };
  const decision = decide(tried.process, { ...command, actor, at: tried.at }, tried.deal);
  if ('refused' in decision) {
    const others = decision.allowed.length > 0 ? ` Open to you: ${decision.allowed.join(', ')}.` : '';
    return { refused: `${decision.say}${decision.refused === 'move-unknown' ? others : ''}`, blockers: decision.blockers };
  }
  const next = after(tried, decision.events);
  return {
    next,
    say: decision.events.length === 0 ? ['Nothing changes by that.'] : decision.events.flatMap((one) => said(next, one)),
  };
}

const after = (tried: Tried, events: readonly OpportunityEvent[], at = tried.at): Tried => ({
  ...tried,
  at,
  deal: events.reduce((deal, event) => evolve(deal, event, deal.id), tried.deal),
  events: [...tried.events, ...events],
  before: tried,
});

function inRoles(tried: Tried, names: readonly string[]): Answer {
  const known = tried.process.definition.roles;
  const roles = names.flatMap((one) => one.split(',')).filter((one) => one !== '');
  if (roles.length === 0) return { wrong: `Say in which roles, like as ${known[0] ?? 'everyone'}.` };
  if (roles.length === 1 && roles[0] === 'everyone')
    return { next: { ...tried, roles: known, before: tried }, say: ['Asked by somebody in every role.'] };
  const unknown = roles.find((role) => !known.includes(role));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    return {
      wrong: `The process has no role "${unknown}"${meant ? `: did you mean "${meant}"?` : `; it has ${listed(known, 'and')}.`}`,
    };
  }
  return { next: { ...tried, roles, before: tried }, say: [`Asked by somebody who is ${listed(roles, 'and')}.`] };
}

const TIME = /^([1-9]\d{0,3}) ((?:working )?(?:hour|day))s?$/;

/** So many time limits fire in one wait; where they move the deal to and fro, the clock stops there. */
const MOST_FIRED = 50;

/** Time limits fire in the order in which they are due, those of the stages that they lead to among them. */
function waited(tried: Tried, text: string): Answer {
  const read = TIME.exec(text);
  if (!read) return { wrong: 'Say for how long, like wait 3 days or wait 8 working hours.' };
  const time: Limit['time'] = { amount: Number(read[1]), unit: `${read[2]}s` as Limit['time']['unit'] };
  let until: string;
  try {
    until = limitDue(time, tried.at, tried.process.definition);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { wrong: `So many ${time.unit} are not to be had within ten years: wait for less.` };
  }
  let now = tried;
  const say: string[] = [];
  for (let fired = 0; ; fired++) {
    const [due] = Object.entries(now.deal.limits)
      .filter(([, { fired, dueAt }]) => !fired && dueAt <= until)
      .toSorted(([, a], [, b]) => (a.dueAt < b.dueAt ? -1 : 1));
    if (!due) break;
    const [limit, { dueAt }] = due;
    if (fired === MOST_FIRED)
      return {
        next: { ...now, before: tried },
        say: [`${MOST_FIRED} time limits were up before that; it is ${moment(now.at)}. Wait on to go further.`, ...say],
      };
    const at = dueAt > tried.at ? dueAt : tried.at;
    const decision = decide(
      now.process,
      { type: 'FireLimit', limit, dueAt, actor: { id: 'time', roles: [], team: null }, at },
      now.deal,
    );
    if ('refused' in decision) break;
    now = after(now, decision.events, at);
    const then = now;
    say.push(...decision.events.flatMap((one) => said(then, one)));
  }
  return {
    next: { ...now, at: until, before: tried },
    say: [`${timeText(time)} later: ${moment(until)}.`, ...(say.length > 0 ? say : ['No time limit was up.'])],
  };
}

// ---------------------------------------------------------------------------------------------------------- saying

const labelOf = ({ process, deal }: Tried): string => process.definition.stages[deal.stage]!.label;

const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

function said({ process, deal }: Tried, event: OpportunityEvent): readonly string[] {
  const { stages, fields } = process.definition;
  const checks = (passed: readonly { readonly check: string; readonly overridden: boolean }[]): string => {
    const letPass = passed.filter(({ overridden }) => overridden).map(({ check }) => `"${check}"`);
    return letPass.length > 0 ? ` ${listed(letPass, 'and')} ${letPass.length === 1 ? 'was' : 'were'} let pass.` : '';
  };
  switch (event.type) {
    case 'FactsRecorded':
      return [
        `Recorded: ${Object.entries(event.facts)
          .map(([name, value]) => `${fields[name]?.label ?? name} ${value === null ? 'taken back' : valueText(value)}`)
          .join(', ')}.`,
      ];
    case 'StageChanged': {
      const to = stages[event.to]!.label;
      const how = event.cause === 'join' ? 'All tracks are done: it' : event.cause === 'limit' ? 'By the time limit it' : 'It';
      const ended = event.result === null ? '' : ` It is ${event.result}.`;
      const opened = event.opens ? ` It opens a new deal of ${event.opens.process} (${event.opens.origin}).` : '';
      return [`${how} goes from ${stages[event.from]!.label} to ${to}.${checks(event.checks)}${ended}${opened}`];
    }
    case 'TrackAdvanced': {
      const track = stages[event.stage]!.tracks[event.track]!;
      return [
        `Track ${track.label} goes from ${track.stages[event.from]!.label} to ${track.stages[event.to]!.label}.${checks(event.checks)}`,
      ];
    }
    case 'LimitStarted':
      return [`The time limit of ${limitName(event.limit, process)} is up on ${moment(event.dueAt)}.`];
    case 'LimitFired': {
      const [blocker] = event.blockers;
      const told = listed(
        event.told.map((who) => (who === deal.owner ? 'the owner' : who)),
        'and',
      );
      const then = event.then === 'warn' ? `told: ${told}` : `"${event.then}" is asked for`;
      return [
        `${moment(event.dueAt)}: the time limit of ${limitName(event.limit, process)} is up; ${then}.`,
        ...(blocker ? [`It is blocked: ${event.blockers.map(({ say }) => say).join(' ')}`] : []),
      ];
    }
    // Nobody asked for a word on these, or they do not happen here.
    case 'ActivityLogged':
    case 'DealMigrated':
    case 'LimitCancelled':
    case 'OpportunityCaptured':
    case 'OwnerChanged':
      return [];
  }
}

function limitName(limit: string, { definition }: CompiledProcess): string {
  const [stage = '', track, place] = limit.split('/');
  const at = definition.stages[stage];
  return track === undefined || place === undefined
    ? (at?.label ?? stage)
    : `${at?.tracks[track]?.stages[place]?.label ?? place} in ${at?.label ?? stage}`;
}

function factsSaid({ process, deal }: Tried): readonly string[] {
  return Object.values(process.definition.fields).map(
    ({ name, label }) => `${name} (${label}): ${deal.facts[name] ? valueText(deal.facts[name].value) : 'not recorded'}`,
  );
}

function limitsSaid({ process, deal, at }: Tried): readonly string[] {
  const all = Object.entries(deal.limits).map(
    ([limit, { dueAt, then, fired }]) =>
      `${limitName(limit, process)}: ${fired ? 'was up' : dueAt <= at ? 'is up since' : 'is up on'} ${moment(dueAt)}, then ${then}`,
  );
  return all.length > 0 ? all : ['No time limit runs.'];
}

// ---------------------------------------------------------------------------------------------------------- reading

/** The words of a line; what stands in double quotes is one, and what follows # is left out. */
function wordsOf(line: string): readonly string[] | { readonly wrong: string } {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (const letter of line) {
    if (letter === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (!quoted && /\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (!quoted && letter === '#' && word === null) break;
    else word = (word ?? '') + letter;
  }
  if (quoted) return { wrong: 'A quote is not closed.' };
  return word === null ? words : [...words, word];
}

interface Pairs {
  readonly facts: FactInputs;
  readonly override: readonly string[];
  readonly reason: string | null;
}

function pairsOf({ process }: Tried, words: readonly string[]): Pairs | { readonly wrong: string } {
  const facts: Record<string, FactValue | null> = {};
  let override: readonly string[] = [];
  let reason: string | null = null;
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) return { wrong: `"${word}" is not understood: write fact=value, like fitScore=80.` };
    const [name, text] = [word.slice(0, at), word.slice(at + 1)];
    const field = Object.hasOwn(process.definition.fields, name) ? process.definition.fields[name] : undefined;
    if (field) facts[name] = text === '' ? null : valueOf(field, text, process.definition.currency);
    else if (name === 'override') override = text.split(',').filter((one) => one !== '');
    else if (name === 'reason') reason = text;
    // The rules say what is wrong with a name that the process does not have.
    else facts[name] = text;
  }
  return { facts, override, reason };
}

/** What somebody wrote, as a value of the field; where it is none, the text itself, with which the rules find fault. */
function valueOf(field: Field, text: string, currency: string): FactValue {
  switch (field.type) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'yesno':
      return /^(yes|true)$/i.test(text) ? true : /^(no|false)$/i.test(text) ? false : text;
    case 'money': {
      return /^-?\d+(\.\d+)?$/.test(text) ? { minor: Math.round(Number(text) * 10 ** minorDigits(currency)), currency } : text;
    }
    case 'text':
    case 'date':
    case 'choice':
      return text;
  }
}
