import type { DealView } from '@coxswain/sales-desk';
import type { Blocker, FactValue, OpportunityEvent, PossibleMove, ReplayStep, Verdict } from '@coxswain/sales-process';
import type { Paint } from './terminal.js';
import { count, counted, instant, money, table, UNKNOWN } from './words.js';

/** A deal, its ways on and its record, as people read them. Instants are in UTC. */

export const fact = (value: FactValue | null): string =>
  value === null ? 'not recorded' : typeof value === 'object' ? money(value) : String(value);

/** One deal as it stands. */
export function dealText({ opportunity: deal, revision, asOf }: DealView, paint: Paint): string {
  const about = [
    ['process', `${deal.process.id} version ${deal.process.version}`],
    ['stage', `${deal.stage} (${deal.phase}) since ${instant(deal.stageSince)}`],
    ...Object.entries(deal.tracks).map(([track, at]) => [`track ${track}`, at]),
    ['result', deal.result ?? 'open'],
    ['owner', `${deal.owner}${deal.team === null ? '' : `, team ${deal.team}`}`],
    ['account', deal.account ?? `${UNKNOWN} (not said)`],
    [
      'origin',
      deal.openedFrom === null ? deal.origin : `${deal.origin}, opened by "${deal.openedFrom.move}" of ${deal.openedFrom.deal}`,
    ],
    ['captured', instant(deal.capturedAt)],
    ...Object.entries(deal.limits).map(([limit, { dueAt, then, fired }]) => [
      `limit of ${limit}`,
      `due ${instant(dueAt)}, then ${then}${fired ? paint('red', ' (time is up)') : dueAt < asOf ? paint('red', ' (overdue)') : ''}`,
    ]),
    ...(deal.opened.length > 0 ? [['opened', deal.opened.join(', ')]] : []),
    [
      'record',
      `${counted(deal.events, 'event')}, revision ${revision}; ${deal.activities === 0 ? 'no activities' : counted(deal.activities, 'activity', 'activities')}`,
    ],
  ];
  const facts = Object.entries(deal.facts).map(([name, { value, by, at }]) => [name, fact(value), by, instant(at)]);
  return [
    paint('bold', `Deal ${deal.id} as of ${instant(asOf)} UTC`),
    about
      .map(([name = '', said = '']) => `${name.padEnd(Math.max(...about.map(([one = '']) => one.length)))}  ${said}`)
      .join('\n'),
    '',
    table(['fact', 'value', 'recorded by', 'when'], facts),
  ].join('\n');
}

/** Each way on: allowed, or what stands in the way and who could lift it. */
export function movesText(id: string, moves: readonly PossibleMove[], paint: Paint): string {
  if (moves.length === 0) return `There is no way on from where ${id} stands.`;
  const rows = moves.flatMap(({ move, label, track, to, allowed, blockers, overridable }) => {
    const way = [
      move ?? `(${label})`,
      track === null ? to : `${track}: ${to}`,
      allowed ? paint('green', 'allowed') : paint('red', 'blocked'),
    ];
    const [first, ...more] = blockers.map((blocker) => told(blocker, overridable));
    return [[...way, first ?? ''], ...more.map((say) => ['', '', '', say])];
  });
  return table(['move', 'to', 'now', 'what is missing'], rows);
}

function told({ kind, say, check, who }: Blocker, overridable: PossibleMove['overridable']): string {
  const override = check === undefined ? undefined : overridable.find((one) => one.check === check);
  if (override)
    return `${say} (${override.by.join(' or ')} may let it pass${override.reason === 'required' ? ', with a reason' : ''})`;
  return kind !== 'role' && who && who.length > 0 ? `${say} (${who.join(' or ')})` : say;
}

/** The record step by step: when, who in which role, what, and what each check answered and had read. */
export function replayText(id: string, steps: readonly ReplayStep[], paint: Paint): string {
  const lines = steps.flatMap((step) => {
    const { revision, recordedAt, event } = step;
    const role = 'role' in event && event.role !== null ? ` as ${event.role}` : '';
    const later = Math.abs(Date.parse(recordedAt) - Date.parse(event.occurredAt)) >= 60_000;
    return [
      `${`#${revision}`.padStart(5)}  ${instant(event.occurredAt)}  ${event.by}${role}: ${happened(event, paint)}`,
      ...[...(later ? [`recorded later, ${instant(recordedAt)}`] : []), ...details(step, paint)].map(
        (line) => `${' '.repeat(9)}${line}`,
      ),
    ];
  });
  return [paint('bold', `The record of deal ${id}: ${counted(steps.length, 'event')}, times in UTC`), ...lines].join('\n');
}

function happened(event: OpportunityEvent, paint: Paint): string {
  const step = (text: string): string => paint('bold', text);
  switch (event.type) {
    case 'OpportunityCaptured':
      return `captured in ${step(event.stage)} under ${event.process.id} version ${event.process.version}`;
    case 'FactsRecorded':
      return 'recorded facts';
    case 'OwnerChanged':
      return `owner ${event.from.owner}${inTeam(event.from)} -> ${event.to.owner}${inTeam(event.to)}`;
    case 'ActivityLogged':
      return `${event.kind}${event.note === null ? '' : `: ${event.note}`}`;
    case 'StageChanged':
      return `${step(`${event.from} -> ${event.to}`)} ${how(event)}${event.result === null ? '' : `, ${event.result}`}`;
    case 'TrackAdvanced':
      return `track ${event.track}: ${step(`${event.from} -> ${event.to}`)} ${how(event)}`;
    case 'DealMigrated':
      return `goes on under version ${event.process.version} instead of ${event.was.version}, in ${step(event.to)}${event.from === event.to ? '' : ` (before: ${event.from})`}`;
    case 'LimitStarted':
      return `time limit of ${event.limit} starts, due ${instant(event.dueAt)}, then ${event.then}`;
    case 'LimitCancelled':
      return `time limit of ${event.limit} no longer runs`;
    case 'LimitFired':
      return paint(
        'yellow',
        `time limit of ${event.limit} is up (due ${instant(event.dueAt)}), then ${event.then}; told ${event.told.join(', ') || 'nobody'}`,
      );
  }
}

const inTeam = ({ team }: { readonly team: string | null }): string => (team === null ? '' : ` (${team})`);

type Step = Extract<OpportunityEvent, { type: 'StageChanged' | 'TrackAdvanced' }>;

function how({ move, cause }: Step): string {
  if (cause === 'join') return 'once every track was done';
  const by = move === null ? 'by no move of the process' : `by move ${move}`;
  return cause === 'move' ? by : `${by} (${cause === 'import' ? 'imported' : 'made by a time limit'})`;
}

function details({ event, before, after }: ReplayStep, paint: Paint): string[] {
  const was = before?.facts ?? {};
  const names = new Set([...Object.keys(was), ...Object.keys(after.facts)]);
  const changed = [...names].flatMap((name) => {
    const [old, now] = [was[name]?.value ?? null, after.facts[name]?.value ?? null];
    return JSON.stringify(old) === JSON.stringify(now)
      ? []
      : [`fact ${name} = ${now === null ? 'taken back' : fact(now)}${old === null ? '' : ` (was ${fact(old)})`}`];
  });
  switch (event.type) {
    case 'OpportunityCaptured':
      return [
        `owner ${event.owner}${inTeam(event)}, account ${event.account ?? 'not said'}, origin ${event.origin}`,
        ...(event.openedFrom ? [`opened by "${event.openedFrom.move}" of ${event.openedFrom.deal}`] : []),
        ...changed,
      ];
    case 'LimitFired':
      return [...changed, ...event.blockers.map(({ say }) => paint('red', `blocked: ${say}`))];
    case 'StageChanged':
    case 'TrackAdvanced':
      return [
        ...changed,
        ...event.checks.map((check) => checkText(check, paint)),
        ...(event.reason === null ? [] : [`reason: ${event.reason}`]),
        ...event.broke.map(({ say }) => paint('red', `broke the process: ${say}`)),
        ...(event.type === 'StageChanged' && event.opens
          ? [`opened deal ${event.opens.deal} under ${event.opens.process} (${event.opens.origin})`]
          : []),
      ];
    case 'FactsRecorded':
    case 'OwnerChanged':
    case 'ActivityLogged':
    case 'DealMigrated':
    case 'LimitStarted':
    case 'LimitCancelled':
      return changed;
  }
}

function checkText({ check, passed, overridden, overrideRole, say, read }: Step['checks'][number], paint: Paint): string {
  const facts = Object.entries(read).map(([name, value]) => `${name} = ${fact(value)}`);
  const seen = `read ${facts.join(', ') || 'no fact'}`;
  if (passed) return `check ${check}: ${paint('green', 'true')}; ${seen}`;
  const pass = overridden ? `, let pass${overrideRole === null ? '' : ` as ${overrideRole}`}` : '';
  return `check ${check}: ${paint('red', 'false')}${pass}; ${seen}; it says: ${say}`;
}

/** What asking the recorded decisions of one deal again came to. */
export function verifyText(id: string, verdicts: readonly Verdict[], paint: Paint): string {
  const differing = verdicts.filter(({ agrees }) => !agrees);
  const summary =
    verdicts.length === 0
      ? `${id} has taken no step yet, so there is nothing to ask again.`
      : differing.length === 0
        ? paint('green', `${id}: ${counted(verdicts.length, 'decision')} asked again, all agree.`)
        : paint('red', `${id}: ${count(differing.length)} of ${counted(verdicts.length, 'decision')} asked again differ.`);
  return [...differing.flatMap(verdictLines), summary].join('\n');
}

function verdictLines({ revision, from, to, move, process, differences }: Verdict): string[] {
  return [
    `#${revision} ${from} -> ${to} (${move ?? 'no move'}, ${process.id} version ${process.version})`,
    ...differences.map((difference) => `    ${difference}`),
  ];
}

/** What asking every decision of every deal again came to. */
export function verifyAllText(
  {
    deals,
    steps,
    disagreeing,
  }: {
    readonly deals: number;
    readonly steps: number;
    readonly disagreeing: readonly { readonly id: string; readonly verdicts: readonly Verdict[] }[];
  },
  paint: Paint,
): string {
  const asked = `${counted(steps, 'decision')} of ${counted(deals, 'deal')} asked again`;
  const lines = disagreeing
    .slice(0, 20)
    .flatMap(({ id, verdicts }) => [id, ...verdicts.flatMap(verdictLines).map((line) => `  ${line}`)]);
  const rest = disagreeing.length > 20 ? [`and ${count(disagreeing.length - 20)} more deals; --json names them all`] : [];
  const summary =
    disagreeing.length === 0
      ? paint('green', `${asked}, all agree.`)
      : paint('red', `${asked}; ${disagreeing.length === 1 ? '1 deal differs' : `${count(disagreeing.length)} deals differ`}.`);
  return [...lines, ...rest, summary].join('\n');
}
