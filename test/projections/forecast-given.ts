import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Stay, Timeline } from '@coxswain/projections';

/** The reference tasks, read in place; null, and said so, where they are missing. */
const REFERENCE = `${process.env['COXSWAIN_SHARED'] ?? '../shared'}/reference/forecast`;

export interface Task {
  readonly log: string;
  readonly origins: readonly {
    readonly asOf: string;
    readonly horizonDays: number;
    readonly actual: number;
    readonly openDeals: number;
  }[];
  readonly baselines: Readonly<Record<string, number>>;
  readonly dealBaselines: Readonly<Record<string, { readonly brier: number; readonly auc: number }>>;
}

export const tasks: Readonly<Record<string, Task>> | null = existsSync(`${REFERENCE}/protocol.json`)
  ? (JSON.parse(readFileSync(`${REFERENCE}/protocol.json`, 'utf8')) as Record<string, Task>)
  : (console.warn(`SKIPPED: ${REFERENCE} is missing, so the forecasts are not held against those of other methods.`), null);

interface Line {
  readonly at: string;
  readonly deal: string;
  readonly type: 'created' | 'stage' | 'won' | 'lost' | 'reopened';
  readonly stage: string;
  readonly amount: number | null;
  readonly day: number;
}

const logs = new Map<string, readonly Line[]>();

function linesOf(log: string): readonly Line[] {
  let lines = logs.get(log);
  if (!lines) {
    const text = gunzipSync(readFileSync(`${REFERENCE}/${log}`)).toString('utf8');
    lines = text
      .trim()
      .split('\n')
      .map((one) => {
        const line = JSON.parse(one) as Line;
        return { ...line, day: Date.parse(/Z$|[+-]\d\d:\d\d$/.test(line.at) ? line.at : `${line.at}Z`) / 86_400_000 };
      });
    logs.set(log, lines);
  }
  return lines;
}

/** What the log told before a day: nothing of a later line is read, not even an amount. */
export function toldBefore(log: string, day: number): Timeline[] {
  const deals = new Map<string, { -readonly [Key in keyof Timeline]: Timeline[Key] } & { readonly stays: Stay[] }>();
  for (const line of linesOf(log)) {
    if (line.day >= day) continue;
    let deal = deals.get(line.deal);
    if (!deal) {
      deal = { id: line.deal, capturedDay: line.day, stays: [], wonDay: null, wonAmount: null, amount: null, group: null };
      deals.set(line.deal, deal);
    }
    if (deal.wonDay !== null) continue;
    if (line.type === 'won') {
      deal.wonDay = line.day;
      deal.wonAmount = line.amount ?? deal.amount;
    } else {
      deal.amount = line.amount ?? deal.amount;
      deal.stays.push({ stage: line.stage, enteredDay: line.day, lost: line.type === 'lost' });
    }
  }
  return [...deals.values()];
}

/** A deal in as few words as a story needs: its stays by the day they begin, and its win. */
export function deal(
  id: string,
  stays: readonly (readonly [day: number, stage: string])[],
  rest: { readonly wonDay?: number; readonly amount?: number | null; readonly group?: string } = {},
): Timeline {
  const { wonDay = null, amount = 100, group = null } = rest;
  return {
    id,
    capturedDay: stays[0]![0],
    stays: stays.map(([enteredDay, stage]) => ({ stage, enteredDay, lost: stage === 'lost' })),
    wonDay,
    wonAmount: wonDay === null ? null : amount,
    amount,
    group,
  };
}
