/** What answers about drafts, versions and migrations look like, for the OpenAPI document. */

const HASH = '5f2c...';

export const draftSaved = { process: 'new-business', draft: 2, hash: HASH, problems: [] };

export const draft = {
  process: 'new-business',
  draft: 2,
  hash: HASH,
  note: 'Budget is asked before the proposal.',
  by: 'olga',
  savedAt: '2026-03-01T08:00:00.000Z',
};

export const drafts = { items: [draft], next: null };

export const difference = {
  process: 'new-business',
  from: { name: 'version 1', hash: HASH },
  to: { name: 'draft 2', hash: '81d0...' },
  changes: [
    {
      code: 'check-added',
      class: 'breaking',
      stage: 'qualified',
      track: null,
      move: 'propose',
      check: 'budget',
      say: 'To propose, the buyer must have confirmed budget.',
    },
  ],
};

export const migrationPlan = {
  process: 'new-business',
  version: 2,
  deals: 45,
  moves: 41,
  blocked: 3,
  choice: 1,
  stays: 0,
  groups: [
    {
      version: 1,
      stage: 'qualified',
      to: 'qualified',
      outcome: 'moves',
      deals: 9,
      why: [],
      overdue: 1,
      examples: ['acme-42'],
    },
  ],
};

export const migration = {
  migration: '0c1f6c1e-7d0f-4f0e-9a53-0d8a44a8f9a1',
  process: 'new-business',
  version: 2,
  choices: [{ stage: 'demo', to: 'proposal' }],
  teams: null,
  blocked: 'move',
  note: null,
  by: 'olga',
  occurredAt: '2026-03-01T08:00:00.000Z',
  state: 'finished',
  finished: { at: '2026-03-01T08:00:02.000Z', moved: 45, waiting: 0, left: 0 },
  progress: { done: 45, of: 45, staying: 0 },
};

export const migrations = { items: [migration], next: null };
