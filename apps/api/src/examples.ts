/** What answers look like, for the OpenAPI document. */

const done = { id: 'acme-42', revision: 3, position: '0000000000000042', stage: 'qualified', phase: 'qualified' };

export const captured = { ...done, revision: 1, position: '0000000000000038', stage: 'lead', phase: 'lead' };
export const moved = done;

export const malformed = {
  type: 'urn:coxswain:problem:request-invalid',
  title: 'Bad Request',
  status: 400,
  code: 'request-invalid',
  detail: 'The body has 2 problems.',
  instance: '/v1/opportunities',
  problems: [
    { field: 'proces', say: 'is not known here' },
    { field: 'process', say: 'must be the id of a process; GET /v1/processes lists what is in force' },
  ],
};

export const blocked = {
  type: 'urn:coxswain:problem:move-blocked',
  title: 'Unprocessable Entity',
  status: 422,
  code: 'move-blocked',
  detail: 'The deal may not go on to Proposal yet.',
  instance: '/v1/opportunities/acme-42/moves/propose',
  blockers: [
    { kind: 'fact', field: 'closeDate', say: 'Expected close date must be recorded.' },
    { kind: 'check', check: 'budget', field: 'budgetConfirmed', say: 'The buyer must have confirmed budget.', who: ['manager'] },
  ],
  allowed: [],
};

export const board = {
  items: [
    {
      id: 'acme-42',
      process: { id: 'new-business', version: 1 },
      stage: 'qualified',
      phase: 'qualified',
      owner: 'ada',
      team: 'north',
      account: 'Acme GmbH',
      origin: 'new',
      amount: { minor: 1_250_000, currency: 'EUR' },
      closeDate: '2026-06-30',
      stageSince: '2026-03-31T12:30:00.000Z',
      overdueSince: null,
      dueAt: '2026-04-14T12:30:00.000Z',
      result: null,
      deviating: false,
      overridden: false,
    },
  ],
  next: null,
};

export const boardSummary = {
  process: 'new-business',
  version: 1,
  asOf: '2026-04-01T09:00:00.000Z',
  position: '0000000000000420',
  deals: 40,
  open: 12,
  value: { amounts: [{ minor: 14_500_000, currency: 'EUR' }], of: 10, withoutAmount: 2 },
  overdue: 3,
  stages: [
    {
      stage: 'lead',
      label: 'Lead',
      phase: 'lead',
      retired: false,
      deals: 7,
      value: { amounts: [{ minor: 8_000_000, currency: 'EUR' }], of: 5, withoutAmount: 2 },
      overdue: 2,
    },
  ],
};

const opportunity = {
  id: 'acme-42',
  events: 4,
  process: { id: 'new-business', version: 1, hash: '5f2c...' },
  stage: 'qualified',
  phase: 'qualified',
  tracks: {},
  facts: { source: { value: 'inbound', by: 'ada', at: '2026-03-30T08:00:00.000Z' } },
  owner: 'ada',
  team: 'north',
  account: 'Acme GmbH',
  origin: 'new',
  openedFrom: null,
  opened: [],
  capturedAt: '2026-03-30T08:00:00.000Z',
  stageSince: '2026-03-31T12:30:00.118Z',
  lastStepAt: '2026-03-31T12:30:00.118Z',
  result: null,
  limits: {
    qualified: {
      startedAt: '2026-03-31T12:30:00.118Z',
      dueAt: '2026-04-14T12:30:00.118Z',
      then: 'warn',
      tell: ['owner', 'manager'],
      fired: false,
    },
  },
  activities: 0,
};

export const deal = { opportunity, revision: 3, position: '0000000000000042', asOf: '2026-04-01T09:00:00.000Z' };

export const moves = {
  moves: [
    {
      move: 'propose',
      label: 'propose',
      track: null,
      to: 'proposal',
      allowed: false,
      blockers: [
        {
          kind: 'check',
          check: 'budget',
          field: 'budgetConfirmed',
          say: 'The buyer must have confirmed budget.',
          who: ['manager'],
        },
      ],
      overridable: [{ check: 'budget', by: ['manager'], reason: 'required' }],
    },
  ],
};

const event = {
  position: '0000000000000042',
  stream: 'opportunity-acme-42',
  revision: 3,
  id: '6d1f0a3e-3a52-8c1b-9b1e-2f54d0f6a001',
  type: 'StageChanged',
  recordedAt: '2026-03-31T12:30:00.120Z',
  data: {
    type: 'StageChanged',
    from: 'lead',
    to: 'qualified',
    move: 'qualify',
    by: 'ada',
    role: 'rep',
    occurredAt: '2026-03-31T12:30:00.118Z',
  },
  meta: {},
};

export const events = { items: [event], next: null };
export const streamed = `id: ${event.position}\nevent: StageChanged\ndata: {"position":"${event.position}","stream":"opportunity-acme-42"}\n\n`;

export const replayed = {
  id: 'acme-42',
  steps: [
    {
      revision: 3,
      recordedAt: event.recordedAt,
      event: event.data,
      before: { ...opportunity, stage: 'lead', phase: 'lead', events: 3 },
      after: opportunity,
    },
  ],
};

export const verified = {
  id: 'acme-42',
  agree: true,
  verdicts: [
    {
      revision: 3,
      from: 'lead',
      to: 'qualified',
      move: 'qualify',
      process: { id: 'new-business', version: 1, hash: '5f2c...' },
      agrees: true,
      differences: [],
    },
  ],
};

export const version = {
  id: 'new-business',
  version: 1,
  hash: '5f2c...',
  title: 'New business',
  publishedAt: '2026-03-01T08:00:00.000Z',
  by: 'ops',
  note: null,
  effectiveFrom: null,
  reviewedBy: null,
  teams: null,
  retiredAt: null,
  draft: null,
};

export const processes = { items: [version], next: null };

export const published = { id: 'new-business', version: 1, hash: '5f2c...', problems: [] };

export const processFile = `process: new-business
title: New business
currency: EUR
timezone: Europe/Berlin
`;

export const processProblems = {
  type: 'urn:coxswain:problem:process-invalid',
  title: 'Unprocessable Entity',
  status: 422,
  code: 'process-invalid',
  detail: 'The process file has a problem; nothing was published.',
  problems: [
    {
      code: 'unknown-stage',
      severity: 'error',
      line: 58,
      column: 19,
      message: 'There is no stage "negotiaton".',
      suggestion: 'Did you mean "negotiation"?',
    },
  ],
};

export const machine = {
  id: 'new-business',
  initial: 'lead',
  states: { lead: { on: { qualify: [{ target: 'qualified', guard: { type: 'rule', params: {} } }] } } },
};

export const measure = {
  measure: 'conversion',
  process: 'new-business',
  version: 1,
  asOf: '2026-04-01T00:00:00.000Z',
  asOfBy: 'recorded',
  clock: '2026-04-01T00:00:00.000Z',
  from: '2025-12-31T23:00:00.000Z',
  to: null,
  by: null,
  timezone: 'Europe/Berlin',
  deals: 40,
  groups: [
    {
      group: null,
      steps: [
        {
          from: 'lead',
          fromLabel: 'lead',
          to: 'qualified',
          toLabel: 'qualified',
          converted: { share: 0.62, low: 0.44, high: 0.75, withinDays: 21, atRisk: 20, why: null },
          within: [{ days: 7, share: 0.41, low: 0.26, high: 0.56, atRisk: 24 }],
          estimableUntilDays: 21,
          naive: { rate: 0.5, count: 20, of: 40, low: 0.352, high: 0.648 },
          open: 8,
          ended: 12,
          lost: 11,
        },
      ],
      funnel: [],
      cohorts: [],
    },
  ],
  counted: 'entered',
  period: null,
  position: '0000000000000420',
};

export const dealsBehind = {
  measure: 'conversion',
  process: 'new-business',
  version: 1,
  asOf: '2026-04-01T00:00:00.000Z',
  asOfBy: 'recorded',
  clock: '2026-04-01T00:00:00.000Z',
  from: '2025-12-31T23:00:00.000Z',
  to: null,
  by: null,
  timezone: 'Europe/Berlin',
  cell: { fromStage: 'lead', toStage: 'qualified', outcome: 'reached' },
  deals: 20,
  items: ['acme-42', 'birch-7'],
  next: 'eyJhZnRlciI6ImJpcmNoLTcifQ',
  position: '0000000000000420',
};

const euros = (whole: number) => ({ minor: whole * 100, currency: 'EUR' });

const pipeline = {
  open: euros(9_000),
  openDeals: 6,
  notYetVisible: euros(4_000),
  reopened: euros(0),
  staleDeals: 0,
};

export const forecastTotal = {
  measure: 'forecast-total',
  process: '*',
  version: null,
  asOf: '2026-04-01T00:00:00.000Z',
  asOfBy: 'recorded',
  clock: '2026-04-01T00:00:00.000Z',
  from: null,
  to: null,
  by: null,
  timezone: 'Europe/Berlin',
  deals: 400,
  period: 'quarter',
  processes: [
    { process: 'new-business', title: 'New business', version: 1, currency: 'EUR', timezone: 'Europe/Berlin', deals: 400 },
  ],
  groups: [
    {
      group: null,
      periods: [
        {
          period: '2026-Q2',
          start: '2026-04-01',
          end: '2026-07-01',
          when: 'current',
          won: { deals: 1, amounts: [euros(2_000)], of: 1, withoutAmount: 0 },
          categories: [],
          open: { deals: 6, amounts: [euros(30_000)], of: 6, withoutAmount: 0 },
          weightedByStage: { amounts: [euros(11_000)], of: 6 },
          weightedByHistory: { amounts: [euros(9_500)], of: 6 },
        },
      ],
      totals: [
        {
          period: '2026-Q2',
          start: '2026-04-01',
          end: '2026-07-01',
          when: 'current',
          currency: 'EUR',
          booked: euros(2_000),
          p10: euros(12_000),
          p50: euros(15_000),
          p90: euros(18_900),
          resolved: 12,
          why: null,
          wape: 0.14,
          bias: -0.02,
          pipeline,
          target: euros(20_000),
          attainment: 0.1,
          processes: [
            {
              process: 'new-business',
              booked: euros(2_000),
              p10: euros(12_000),
              p50: euros(15_000),
              p90: euros(18_900),
              why: null,
              pipeline,
              target: euros(20_000),
            },
          ],
          without: [],
        },
      ],
      withoutDate: { deals: 0, examples: [] },
      withoutAmount: { deals: 0, examples: [] },
      outside: { deals: 0, examples: [] },
      stale: { deals: 0, examples: [] },
    },
  ],
  position: '0000000000000420',
};

export const amount = { minor: 12_000_000, currency: 'EUR' };

export const targetsSet = { set: 3, unchanged: 1 };

export const targets = {
  items: [
    {
      type: 'TargetSet',
      process: 'new-business',
      period: '2026-Q4',
      owner: 'ada',
      team: null,
      amount,
      note: null,
      by: 'olga',
      occurredAt: '2026-09-28T09:00:00.000Z',
      recordedAt: '2026-09-28T09:00:00.000Z',
    },
  ],
  next: null,
};

export const called = { call: '3f2504e0-4f89-81d3-9a0c-0305e82c3301', repeated: false };

export const calls = {
  items: [
    {
      type: 'CallMade',
      call: called.call,
      process: 'new-business',
      period: '2026-Q4',
      owner: 'ada',
      team: null,
      kind: 'commit',
      amount,
      note: null,
      by: 'ada',
      occurredAt: '2026-11-02T09:00:00.000Z',
      recordedAt: '2026-11-02T09:00:00.000Z',
    },
  ],
  next: null,
};

export const issued = { issued: 12 };

export const forecasts = {
  items: [
    {
      type: 'ForecastIssued',
      forecast: '3f2504e0-4f89-81d3-9a0c-0305e82c3302',
      process: 'new-business',
      period: '2026-Q4',
      start: '2026-10-01',
      end: '2027-01-01',
      grouping: null,
      group: null,
      clock: '2026-11-02T09:00:00.000Z',
      position: '0000000000000420',
      method: 'blend 1',
      booked: { minor: 4_000_000, currency: 'EUR' },
      p10: { minor: 9_000_000, currency: 'EUR' },
      p50: amount,
      p90: { minor: 16_000_000, currency: 'EUR' },
      components: [{ component: 'moving-average', amount: { minor: 7_500_000, currency: 'EUR' }, weight: 0.25 }],
      openDeals: 41,
      by: 'coxswain',
      occurredAt: '2026-11-02T09:00:00.000Z',
      recordedAt: '2026-11-02T09:00:00.000Z',
      scored: null,
    },
  ],
  next: null,
};

export const readiness = {
  ready: true,
  busyWith: null,
  store: 'sqlite:./data/coxswain.db',
  storeWritable: true,
  storeTrouble: null,
  leads: true,
  notFollowing: null,
  projections: [{ name: 'deals', position: '0000000000000420', behind: false, behindSeconds: 0, failed: null }],
  openDeadlines: 12,
};

export const projections = {
  projections: [
    {
      name: 'deals',
      position: '0000000000000420',
      behindSeconds: 0,
      size: 418,
      failed: null,
      rebuilding: null,
      kept: { position: '0000000000000420', rows: 0, blocks: 1 },
    },
  ],
  end: { position: '0000000000000420', recordedAt: '2026-03-31T14:30:00.000Z' },
};

export const rebuilt = { rebuilt: ['deals'] };

export const imported = {
  batch: '6d1f0a3e-3a52-8c1b-9b1e-2f54d0f6a001',
  file: 'sales_pipeline.csv',
  process: 'crm-export',
  dryRun: false,
  unit: 'rows',
  rows: { read: 8_800, stored: 8_800, alreadyThere: 0, rejected: 0, leftOut: 0 },
  deals: { read: 8_800, stored: 8_800, alreadyThere: 0, rejected: 0, leftOut: 0 },
  steps: { read: 23_911, stored: 23_911, alreadyThere: 0, rejected: 0, leftOut: 0 },
  deviating: { steps: 0, deals: 0, by: [] },
  overdue: { deals: 0, moved: 0, then: [] },
  rejected: [],
  warnings: [{ code: 'row-twice', count: 1, first: [{ line: 4, deal: null, say: 'The file has the very same row before.' }] }],
  corrections: [],
  sameInstant: 0,
  occurred: { from: '2016-10-20T04:00:00.000Z', to: '2017-12-31T05:00:00.000Z' },
  stopped: null,
  problems: [
    {
      kind: 'warning',
      line: 4,
      deal: null,
      code: 'row-twice',
      say: 'The file has the very same row before.',
      column: null,
      value: null,
    },
  ],
  problemsInAll: 1,
};

export const importStatus = {
  import: '0e0c2f5a-8f0f-4a9e-9c55-3b8a2f1d7c10',
  file: 'sales_pipeline.csv',
  map: 'maven-crm',
  process: 'crm-export',
  dryRun: false,
  by: 'olga',
  begunAt: '2026-03-31T09:00:00.000Z',
  endedAt: null,
  state: 'running',
  progress: {
    rows: 2_400,
    rowsInAll: 8_800,
    deals: 2_400,
    rowsDone: { stored: 2_390, alreadyThere: 0, rejected: 10, leftOut: 0 },
    dealsDone: { stored: 2_390, alreadyThere: 0, rejected: 10, leftOut: 0 },
  },
};

export const importStatuses = { items: [importStatus], next: null };

export const importRun = { ...importStatus, report: null, failed: null };

export const shownMap = {
  id: 'past',
  about: null,
  process: 'new-business',
  format: 'csv',
  rows: 'deals',
  columns: ['deal', 'stage', 'came', 'who'],
  lookups: [],
  problems: [],
  text: 'process: new-business\nformat: csv\nid: deal\nstage: stage\ndeal: { at: came, owner: who }\nstages: { New: [] }\n',
  lookupFiles: [],
};

export const maps = {
  items: [
    {
      id: 'maven-crm',
      about: "A CRM's export of opportunities: one row per deal, with the stage it stood in when the export was made.",
      process: 'crm-export',
      format: 'csv',
      rows: 'deals',
      columns: ['opportunity_id', 'deal_stage', 'engage_date'],
      lookups: ['products.csv'],
      problems: [],
    },
  ],
  next: null,
};

export const preview = {
  format: 'csv',
  columns: ['opportunity_id', 'deal_stage', 'engage_date'],
  rows: [
    { line: 2, cells: { opportunity_id: '1C1I7A6R', deal_stage: 'Won', engage_date: '2016-10-20' }, wrong: null },
    {
      line: 3,
      cells: { opportunity_id: 'Z063OYW0', deal_stage: 'Won', engage_date: '' },
      wrong: 'The row has 2 columns, the header 3.',
    },
  ],
  values: {
    opportunity_id: null,
    deal_stage: [
      { value: 'Won', times: 4_238 },
      { value: 'Lost', times: 2_473 },
    ],
    engage_date: null,
  },
  stopped: null,
  maps: [{ map: 'maven-crm', missing: [] }],
  reads: null,
};

export const batch = {
  commands: [
    { do: 'capture', id: 'acme-42', process: 'new-business', facts: { source: 'inbound', fitScore: 72 }, key: '6f1c' },
    { do: 'move', id: 'acme-42', move: 'qualify' },
    { do: 'move', id: 'birch-7', move: 'win', ifMatch: 9 },
  ],
} as const;

export const batchAnswer = {
  results: [
    { status: 201, id: 'acme-42', revision: 1, position: '0000000000000004', stage: 'lead', phase: 'lead' },
    { status: 201, id: 'acme-42', revision: 4, position: '0000000000000007', stage: 'qualified', phase: 'qualified' },
    {
      status: 412,
      code: 'stale',
      detail: 'The deal has moved on to revision 11. Look at it again, then ask with If-Match: "11".',
      revision: 11,
    },
  ],
} as const;

export const versionUse = [{ version: 1, deals: 480, open: 45, teams: [{ team: 'north', open: 45 }] }];

export const localPeople = { items: [{ name: 'dieter', roles: ['rep'], team: 'north' }], next: null };

export const localToken = {
  name: 'dieter',
  roles: ['rep'],
  team: 'north',
  token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9...',
  expiresAt: '2026-03-31T20:00:00.000Z',
};

export const me = { subject: 'dieter', roles: ['rep'], team: 'north', mode: 'local' };
