import { DealColumns, type LoggedEvent, type MeasureContext, type ProcessVersion, type Projection } from '@coxswain/projections';
import type {
  FactValue,
  Money,
  OpportunityEvent,
  Phase,
  ProcessRef,
  SalesProcess,
  Stage,
  StageChanged,
} from '@coxswain/sales-process';

/** A small sales process and the record of deals under it, as literal as the tests need them. */

const stage = (id: string, phase: Phase, rest: Partial<Stage> = {}): Stage => ({
  id,
  label: id,
  phase,
  moves: {},
  tracks: {},
  was: [],
  ...rest,
});
const way = (to: string): Stage['moves'] => ({ [to]: { name: to, label: to, to, by: [], needs: [], checks: [] } });

export const KETTLES: SalesProcess = {
  id: 'kettles',
  title: 'Kettles',
  currency: 'EUR',
  timezone: 'Europe/Berlin',
  workingHours: {},
  holidays: [],
  fields: {},
  roles: [],
  start: 'lead',
  stages: {
    lead: stage('lead', 'lead', { forecast: { category: 'omitted', probability: 5 }, moves: way('qualified') }),
    qualified: stage('qualified', 'qualified', { forecast: { category: 'pipeline', probability: 20 }, moves: way('proposal') }),
    proposal: stage('proposal', 'selling', { forecast: { category: 'commit', probability: 50 }, moves: way('won') }),
    won: stage('won', 'closed', { result: 'won', forecast: { category: 'closed', probability: 100 }, moves: way('live') }),
    lost: stage('lost', 'closed', { result: 'lost', forecast: { category: 'omitted', probability: 0 }, moves: way('lead') }),
    live: stage('live', 'customer'),
  },
};

const ref = (version: number): ProcessRef => ({ id: 'kettles', version, hash: `hash-${version}` });

export const published = (
  version: number,
  definition: SalesProcess,
  publishedAt = '2025-01-01T00:00:00.000Z',
): ProcessVersion => ({
  ref: ref(version),
  definition,
  publishedAt,
});

export const renamed = (from: string, to: string): SalesProcess => ({
  ...KETTLES,
  stages: Object.fromEntries(
    Object.entries(KETTLES.stages).map(([id, here]) =>
      id === from ? [to, { ...here, id: to, label: to, was: [from] }] : [id, here],
    ),
  ),
});

export const euros = (whole: number): Money => ({ minor: whole * 100, currency: 'EUR' });

/** Noon of a day, in UTC. */
export const noon = (day: string): string => `${day}T12:00:00.000Z`;

/** A log of deals; each line is written at the time it happened unless `recorded` says otherwise. */
export class Log {
  readonly events: LoggedEvent[] = [];
  private readonly standing = new Map<string, { stage: string; revision: number; version: number }>();

  /** From now on, lines are recorded on this day, whenever they happened; null: when they happened. */
  private recordedOn: string | null = null;

  recordedLater(day: string): this {
    this.recordedOn = day;
    return this;
  }

  captured(
    deal: string,
    day: string,
    rest: {
      owner?: string;
      team?: string;
      version?: number;
      facts?: Record<string, FactValue>;
      openedFrom?: { deal: string; revision: number; move: string };
    } = {},
  ): this {
    const { owner = 'ann', team = 'north', version = 1, facts = {}, openedFrom = null } = rest;
    this.standing.set(deal, { stage: 'lead', revision: -1, version });
    return this.add(deal, {
      type: 'OpportunityCaptured',
      occurredAt: noon(day),
      by: owner,
      process: ref(version),
      stage: 'lead',
      phase: 'lead',
      tracks: {},
      facts,
      owner,
      team,
      account: null,
      origin: 'new',
      openedFrom,
    });
  }

  facts(deal: string, day: string, facts: Record<string, FactValue | null>): this {
    return this.add(deal, { type: 'FactsRecorded', occurredAt: noon(day), by: 'ann', facts });
  }

  owner(deal: string, day: string, owner: string, team = 'north'): this {
    const nobody = { owner: '', team: null };
    return this.add(deal, { type: 'OwnerChanged', occurredAt: noon(day), by: 'ann', from: nobody, to: { owner, team } });
  }

  limit(deal: string, day: string, due: string): this {
    const { stage: limit } = this.standing.get(deal)!;
    return this.add(deal, {
      type: 'LimitStarted',
      occurredAt: noon(day),
      by: 'ann',
      limit,
      dueAt: noon(due),
      then: 'warn',
      tell: [],
    });
  }

  /** A step to a stage, conforming unless `broke` says otherwise. */
  to(
    deal: string,
    stage: string,
    day: string,
    rest: Partial<StageChanged> & { process?: ProcessRef } = {},
    definition = KETTLES,
  ): this {
    const here = this.standing.get(deal)!;
    const phaseOf = (id: string): Phase => (definition.stages[id] ?? KETTLES.stages[id])!.phase;
    const from = here.stage;
    here.stage = stage;
    return this.add(deal, {
      type: 'StageChanged',
      occurredAt: noon(day),
      by: 'ann',
      from,
      to: stage,
      move: stage,
      process: ref(here.version),
      role: null,
      team: null,
      reason: null,
      checks: [],
      cause: 'move',
      conformance: (rest.broke ?? []).length > 0 ? 'deviating' : 'conforming',
      broke: [],
      fromPhase: phaseOf(from),
      toPhase: phaseOf(stage),
      result: definition.stages[stage]?.result ?? null,
      opens: null,
      tracks: {},
      ...rest,
    });
  }

  add(deal: string, { type, ...data }: OpportunityEvent): this {
    const here = this.standing.get(deal)!;
    here.revision++;
    this.events.push({
      position: String(this.events.length + 1).padStart(10, '0'),
      stream: `opportunity-${deal}`,
      revision: here.revision,
      recordedAt: this.recordedOn === null ? data.occurredAt : noon(this.recordedOn),
      type,
      data,
    });
    return this;
  }

  histories(): DealColumns {
    return columnsOf(this.events);
  }
}

/** What the measures know after these events. */
export function columnsOf(events: readonly LoggedEvent[]): DealColumns {
  const columns = new DealColumns();
  for (const event of events) columns.fold(event);
  return columns;
}

/** All that is known of every deal: its entries, where it stands, and its running limits. */
export const toldOf = (columns: DealColumns): unknown =>
  Array.from({ length: columns.deals }, (_, deal) => ({
    id: columns.idOf(deal),
    account: columns.accountOf(deal),
    entries: [...columns.entriesOf(deal)],
    head: columns.heads.head(deal),
    limits: columns.heads.limitsOf(deal),
  }));

/** The rows of a projection after these events, as whoever runs it keeps them. */
export function folded<Row>(
  projection: Projection<Row>,
  events: readonly LoggedEvent[],
  rows = new Map<string, Row>(),
): Map<string, Row> {
  for (const event of events) {
    const key = projection.keyOf(event);
    if (key === null) continue;
    const row = projection.fold(rows.get(key) ?? null, event);
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }
  return rows;
}

export const context = (asOf: string, rest: Partial<MeasureContext> = {}): MeasureContext => ({
  process: 'kettles',
  asOf,
  versions: [published(1, KETTLES)],
  ...rest,
});
