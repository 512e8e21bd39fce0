import { newBusinessFile } from './given-desk.js';

const without = (text: string, stage: string): string => text.replace(new RegExp(`\\n  ${stage}:\\n(?:(?:    .*)?\\n)+`), '\n');

/**
 * The sales process as it might be a year later. Renamed: negotiation is closing. Merged: onboarding is a part of active. Split: qualified is
 * discovery, and then scoping. Dropped: the proposal with its tracks; nothing continues it.
 */
export const leanerFile = without(without(without(newBusinessFile, 'onboarding'), 'proposal'), 'qualified')
  .replace('        to: qualified\n', '        to: discovery\n')
  .replace(
    '\n  negotiation:\n    was: [contracting]                       # renamed in an earlier version: the same stage, history continues\n',
    `
  discovery:
    was: [qualified]
    phase: qualified
    forecast: { category: pipeline, probability: 15 }
    limit: { time: 10 working days, then: warn, tell: [owner, manager] }
    moves:
      scope: { to: scoping, by: [rep], needs: [amount] }
      lose: { to: lost, needs: [lostReason] }

  scoping:
    phase: qualified
    forecast: { category: best-case, probability: 45 }
    moves:
      offer:
        to: closing
        by: [rep]
        needs: [amount, closeDate]
        checks: [{ id: budget, when: "deal.budgetConfirmed", say: "The buyer must have confirmed budget." }]
      lose: { to: lost, needs: [lostReason] }

  closing:
    was: [contracting, negotiation]
`,
  )
  .replace('back: { to: qualified,', 'back: { to: discovery,')
  .replace('handOver: { to: onboarding,', 'handOver: { to: active,')
  .replace('\n  active:\n', '\n  active:\n    was: [onboarding]\n');
