import { amount } from './examples.js';

/** Answers about drafts that are tried, as the OpenAPI document shows them. */

const hash = '9f2c1d3b6a40e7c85d21b9f0a4c6e8d7b3f5a1c2d4e6f8091a2b3c4d5e6f7081';
const share = (count: number, of: number, low: number, high: number) => ({ rate: count / of, count, of, low, high });
const worth = { amounts: [amount], of: 2, withoutAmount: 0 };

export const backTestResult = {
  deals: 418,
  steps: 1_502,
  stopped: share(12, 418, 0.0165, 0.0495),
  winRateStopped: share(2, 8, 0.0715, 0.5907),
  winRateOthers: share(120, 300, 0.3462, 0.4564),
  fits: share(0, 3, 0, 0.5615),
  withoutPlace: 0,
  rules: [
    {
      rule: {
        from: 'lead',
        to: 'qualified',
        track: null,
        move: 'qualify',
        kind: 'fact',
        id: 'generatedBy',
        say: 'Who generated the lead must be recorded.',
      },
      change: 'new',
      steps: 12,
      deals: 12,
      later: { won: { deals: 2, value: worth }, lost: { deals: 6, value: worth }, open: { deals: 4, value: worth } },
      first: { deals: 12, won: 2, lost: 6, open: 4 },
      waits: { arrived: 3, never: 9, medianDays: 2, p85Days: 6 },
      people: [{ owner: 'bob', deals: share(9, 80, 0.0604, 0.2) }],
      overrides: { used: 0, by: [] },
      examples: ['acme-42'],
    },
  ],
};

export const backTest = {
  backTest: '6d1f0a3e-3a52-4c1b-9b1e-2f54d0f6a001',
  process: 'new-business',
  against: 1,
  draft: 3,
  hash,
  note: null,
  upTo: '0000000000000420',
  deals: 420,
  by: 'olu',
  occurredAt: '2026-11-02T09:00:00.000Z',
  state: 'finished',
  done: 420,
  result: backTestResult,
  ended: { at: '2026-11-02T09:00:01.000Z', by: 'olu', say: null },
};

const { result: _, ...listed } = backTest;
export const backTestRunning = { ...listed, state: 'running', done: 96, ended: null, result: null };
export const backTests = { items: [listed], next: null };

export const shadow = {
  shadow: '6d1f0a3e-3a52-4c1b-9b1e-2f54d0f6a002',
  process: 'new-business',
  draft: 3,
  hash,
  teams: ['north'],
  note: null,
  by: 'olu',
  occurredAt: '2026-11-02T09:00:00.000Z',
  state: 'running',
  stopped: null,
  made: { allowed: 40, stopped: 3, noPlace: 0, failed: 0 },
  refused: { allowed: 1, stopped: 6, noPlace: 0, failed: 0 },
  rules: [
    {
      would: 'stop',
      rule: backTestResult.rules[0]!.rule,
      moves: 3,
      people: [{ person: 'bob', moves: 2 }],
      examples: ['acme-42'],
    },
  ],
  people: [{ person: 'bob', moves: 12, wouldStop: 2, wouldAllow: 0 }],
  samples: [
    {
      would: 'stop',
      deal: 'acme-42',
      revision: 4,
      at: '2026-11-03T09:00:00.000Z',
      by: 'bob',
      from: 'lead',
      to: 'qualified',
      move: 'qualify',
      why: ['Who generated the lead must be recorded.'],
    },
  ],
};

export const shadows = { items: [shadow], next: null };
