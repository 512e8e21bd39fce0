import {
  useInfiniteQuery,
  useQueries,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { ask, Problem, type Query } from '../../api/client.js';
import type { Adherence } from '../../api/auditors-types.js';
import { useApi, useMeasures, useProcesses } from '../../api/queries.js';
import type { DealRow, Page, ProcessDefinition, ProcessVersion, StoredEvent } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';

export const A_SCREENFUL = 100;

/** The log, newest first, page after page; what is recorded meanwhile comes on top by itself. */
export function useLog(words: Query, enabled = true): UseInfiniteQueryResult<InfiniteData<Page<StoredEvent>>, Problem> {
  const asOf = useAsOf();
  const query = { order: 'newest', limit: A_SCREENFUL, ...words, ...(asOf === null ? {} : { asOf }) };
  return useInfiniteQuery<Page<StoredEvent>, Problem, InfiniteData<Page<StoredEvent>>, readonly unknown[], string | null>({
    queryKey: ['/v1/events', query],
    queryFn: ({ pageParam, signal }) => ask<Page<StoredEvent>>('/v1/events', { query: { ...query, before: pageParam }, signal }),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    enabled,
  });
}

/** The processes in force, by their ids, for the names of stages, facts and rules. */
export function useDefinitions(): Readonly<Record<string, ProcessDefinition>> {
  const processes = useProcesses().data?.items ?? [];
  const versions = useQueries({
    queries: processes.map(({ id, version }) => {
      const path = `/v1/processes/${id}/versions/${version}`;
      return { queryKey: [path, {}], queryFn: () => ask<ProcessVersion>(path), staleTime: Number.POSITIVE_INFINITY };
    }),
  });
  return Object.fromEntries(versions.flatMap(({ data }) => (data ? [[data.id, data.definition]] : [])));
}

/** Of each of these processes, which rules were let pass, by whom, and how many steps broke it. */
export const useAdherence = (processes: readonly string[]): readonly UseQueryResult<Adherence, Problem>[] =>
  useMeasures(
    'adherence',
    processes.map((process) => ({ process })),
  );

/** The whole record of a deal as it is stored, up to the instant that is looked at. */
export function useRecord(id: string): UseQueryResult<readonly StoredEvent[], Problem> {
  const asOf = useAsOf();
  const path = `/v1/opportunities/${encodeURIComponent(id)}/events`;
  return useQuery<readonly StoredEvent[], Problem>({
    queryKey: [path, { whole: true, asOf }],
    queryFn: async ({ signal }) => {
      const events: StoredEvent[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<StoredEvent> = await ask(path, { query: { limit: 500, cursor }, signal });
        events.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return events.filter(({ recordedAt }) => asOf === null || recordedAt <= asOf);
    },
  });
}

const DEAL = 'opportunity-';
/** The id of the deal whose record it is, or null. */
export const dealOf = (stream: string): string | null => (stream.startsWith(DEAL) ? stream.slice(DEAL.length) : null);

export const storyOf = (id: string, revision?: number): string =>
  `/audit/deals/${encodeURIComponent(id)}${revision === undefined ? '' : `?step=${revision}`}`;

const MOST_IDS = 500;

/** Answers the process by which an event of a deal is to be read: many events do not name it, but their deal does. Undefined while it is not known. */
export function useDefinitionOf(events: readonly StoredEvent[]): (event: StoredEvent) => ProcessDefinition | undefined {
  const definitions = useDefinitions();
  const named = new Map<string, string>();
  for (const { stream, data } of events) {
    const ref = data['process'];
    if (typeof ref === 'object' && ref !== null) named.set(stream, (ref as { readonly id: string }).id);
  }
  const unnamed = [...new Set(events.map(({ stream }) => stream).filter((stream) => !named.has(stream)))].flatMap(
    (stream) => dealOf(stream) ?? [],
  );
  const ids = unnamed.slice(0, MOST_IDS).sort().join(',');
  const deals = useApi<Page<DealRow>>('/v1/opportunities', { ids, limit: MOST_IDS }, { enabled: ids !== '', keep: true });
  for (const { id, process } of deals.data?.items ?? []) named.set(`${DEAL}${id}`, process.id);
  return ({ stream }) => definitions[named.get(stream) ?? ''];
}
