import { describe, expect, test } from '@jest/globals';
import type { StoredEvent } from '@coxswain/event-store';
import { LogSearch, type LogQuestion } from '../../libs/sales-desk/src/log-search.js';

const position = (number: number): string => String(number).padStart(16, '0');

/** Event `number` of the log: recorded on that second of 2026, by ada when odd and by ben when even. */
const event = (number: number, more: Partial<StoredEvent> & { readonly data?: object } = {}): StoredEvent => {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();
  return {
    position: position(number),
    stream: `opportunity-deal-${number % 10}`,
    revision: 0,
    id: `event-${number}`,
    type: 'ActivityLogged',
    recordedAt: at,
    meta: {},
    ...more,
    data: { by: number % 2 === 1 ? 'ada' : 'ben', occurredAt: at, ...more.data },
  };
};

const budget = { check: 'budget', passed: false, overridden: true };
const fit = { check: 'fit', passed: true, overridden: false };
const process = { id: 'new-business', version: 2, hash: 'h' };

/** 2,500 events; three steps among them: 700 let budget pass, 1,400 passed fit, 2,100 broke the process at budget. */
const log: readonly StoredEvent[] = Array.from({ length: 2_500 }, (_, at) => {
  const number = at + 1;
  if (number === 700) return event(number, { type: 'StageChanged', data: { process, checks: [fit, budget], broke: [] } });
  if (number === 1_400) return event(number, { type: 'StageChanged', data: { process, checks: [fit], broke: [] } });
  if (number === 2_100)
    return event(number, {
      type: 'StageChanged',
      data: {
        process: { ...process, version: 3 },
        conformance: 'deviating',
        checks: [],
        broke: [{ kind: 'check', check: 'budget' }],
      },
    });
  return event(number);
});

function searching(mostLookedThrough?: number): { readonly search: LogSearch; readonly read: () => number } {
  let read = 0;
  async function* readAll({
    after,
    limit = Number.POSITIVE_INFINITY,
  }: {
    after?: string;
    limit?: number;
  }): AsyncIterable<StoredEvent> {
    let given = 0;
    for (const one of log) {
      if (after !== undefined && one.position <= after) continue;
      if (given++ >= limit) return;
      read++;
      yield await Promise.resolve(one);
    }
  }
  return { search: new LogSearch(readAll, mostLookedThrough), read: () => read };
}

const found = async (asked: Partial<LogQuestion>): Promise<readonly number[]> =>
  (await searching().search.page({ order: 'oldest', limit: 1_000, ...asked })).items.map((one) => Number(one.position));

describe('whoever looks through the log', () => {
  test('finds who let a check pass, and not who merely passed it or broke it', async () => {
    expect(await found({ check: 'budget', outcome: 'overridden' })).toEqual([700]);
    expect(await found({ check: 'budget', outcome: 'deviating' })).toEqual([2_100]);
    expect(await found({ check: 'budget' })).toEqual([700, 2_100]);
    expect(await found({ check: 'fit' })).toEqual([700, 1_400]);
    expect(await found({ check: 'fit', outcome: 'overridden' })).toEqual([]);
  });

  test('counts what does not name its process to that of its deal', async () => {
    const { items } = await searching().search.page(
      { order: 'oldest', limit: 3, process: 'new-business', from: '2026-01-01T00:11:35.000Z' },
      (deal) => deal === 'deal-9',
    );
    // 11:35 is second 695; 699 and 709 are of deal 9, 700 names the process.
    expect(items.map((one) => Number(one.position))).toEqual([699, 700, 709]);
  });

  test('finds by version, person, deal, kind and period', async () => {
    expect(await found({ process: 'new-business', version: 2 })).toEqual([700, 1_400]);
    expect(await found({ version: 3 })).toEqual([2_100]);
    expect(await found({ type: 'StageChanged', by: 'ben', order: 'newest' })).toEqual([2_100, 1_400, 700]);
    expect(await found({ deal: 'deal-3', limit: 3 })).toEqual([3, 13, 23]);
    // 00:00:05 is in, 00:00:08 is out.
    expect(await found({ from: '2026-01-01T00:00:05.000Z', to: '2026-01-01T00:00:08.000Z' })).toEqual([5, 6, 7]);
    expect(await found({ asOf: '2026-01-01T00:00:02.000Z' })).toEqual([1, 2]);
    expect(await found({ asOf: '2026-01-01T00:00:02.000Z', order: 'newest' })).toEqual([2, 1]);
  });

  test.each(['oldest', 'newest'] as const)('sees every event once, page after page, the %s first', async (order) => {
    const { search } = searching();
    const seen: number[] = [];
    let beyond: string | null = null;
    do {
      const page: { items: readonly StoredEvent[]; next: string | null } = await search.page({
        order,
        limit: 333,
        ...(beyond === null ? {} : { beyond }),
      });
      seen.push(...page.items.map((one) => Number(one.position)));
      beyond = page.next;
    } while (beyond !== null);
    const all = log.map((one) => Number(one.position));
    expect(seen).toEqual(order === 'oldest' ? all : all.reverse());
  });

  test.each(['oldest', 'newest'] as const)(
    'is told to go on where it looked through much and found little, the %s first',
    async (order) => {
      const { search } = searching(1_000);
      const pages: (readonly number[])[] = [];
      let beyond: string | null = null;
      do {
        const page: { items: readonly StoredEvent[]; next: string | null } = await search.page({
          order,
          limit: 10,
          type: 'StageChanged',
          ...(beyond === null ? {} : { beyond }),
        });
        pages.push(page.items.map((one) => Number(one.position)));
        beyond = page.next;
      } while (beyond !== null);
      // 1 to 1,000, to 2,000, to 2,500; from the end: 2,500 to 1,001 (a block of 500 and one of 1,000), 1,000 to 1.
      expect(pages).toEqual(order === 'oldest' ? [[700], [1_400], [2_100]] : [[2_100, 1_400], [700]]);
    },
  );

  test('reads no more than the page where the whole log is meant', async () => {
    const { search, read } = searching();
    await search.page({ order: 'oldest', limit: 10 });
    expect(read()).toBe(11);
  });

  test('reads the whole log once to find its end, and then only near it', async () => {
    const { search, read } = searching();
    const newest = (): Promise<unknown> => search.page({ order: 'newest', limit: 10 });
    await newest();
    const first = read();
    await newest();
    // After the mark at 2,000: 500 to look for new marks, 500 to answer.
    expect(read() - first).toBe(1_000);
  });
});
