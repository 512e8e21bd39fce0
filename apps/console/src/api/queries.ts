import {
  hashKey,
  keepPreviousData,
  QueryClient,
  useIsFetching,
  useQueries,
  useQuery,
  useQueryClient,
  type QueryFunctionContext,
  type UseQueryOptions,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useAsOf } from '../as-of.js';
import { ask, Problem, type Query } from './client.js';
import type { DealRow, DealView, Page, PossibleMove, ProcessVersion, PublishedProcess } from './types.js';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // An answer that says no says no again; only silence and a busy service are worth asking again.
      retry: (count, error) => error instanceof Problem && (error.status === 0 || error.status === 503) && count < 3,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/**
 * One question to the service. `asOf` of the address goes with it, and into its key, so that the same page shows now and then.
 * Calls that know no `asOf` say so with `timeless`. The key begins with the path: `['/v1/measures/pipeline', ...]`.
 */
export function useApi<T>(
  path: string,
  query: Query = {},
  options: {
    readonly timeless?: boolean;
    readonly enabled?: boolean;
    readonly staleTime?: number;
    /** Shows the former answer while a new one is on its way. */
    readonly keep?: boolean;
  } = {},
): UseQueryResult<T, Problem> {
  const asOf = useAsOf();
  const whole = options.timeless || asOf === null ? query : { ...query, asOf };
  return useQuery<T, Problem>({
    queryKey: [path, whole],
    queryFn: (context) =>
      path.startsWith(MEASURES) ? askMeasure<T>(path, whole, context) : ask<T>(path, { query: whole, signal: context.signal }),
    enabled: options.enabled ?? true,
    ...(options.staleTime === undefined ? {} : { staleTime: options.staleTime }),
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
}

const MEASURES = '/v1/measures/';

/** The measures, by the hash of their key, that are shown as they were lately. */
const aged = new Set<string>();

/** Whether a figure is shown as it was lately while the present one is on its way. */
export const useRenewing = (): boolean => useIsFetching({ predicate: ({ queryHash }) => aged.has(queryHash) }) > 0;

/**
 * A measure. Where nothing is shown yet, what was computed lately is shown at once, and the present one as soon as it is there; where something is
 * shown, only the present one will do.
 */
async function askMeasure<T>(
  path: string,
  query: Query,
  { signal, client, queryKey }: Pick<QueryFunctionContext, 'signal' | 'client' | 'queryKey'>,
): Promise<T> {
  const hash = hashKey(queryKey);
  if (client.getQueryData(queryKey) !== undefined) {
    const present = await ask<T>(path, { query, signal });
    aged.delete(hash);
    return present;
  }
  const onAged = (): void => {
    aged.add(hash);
    // Once this answer is shown, not while it is on its way.
    setTimeout(() => void client.invalidateQueries({ queryKey, exact: true }));
  };
  return ask<T>(path, { query, signal, onAged });
}

/** The same measure for each of these questions, as of the instant that is looked at. */
export function useMeasures<T>(name: string, questions: readonly Query[]): readonly UseQueryResult<T, Problem>[] {
  const asOf = useAsOf();
  const path = `${MEASURES}${name}`;
  const queries = questions.map((question): UseQueryOptions<T, Problem> => {
    const query = asOf === null ? question : { ...question, asOf };
    return { queryKey: [path, query], queryFn: (context) => askMeasure<T>(path, query, context) };
  });
  return useQueries<UseQueryOptions<T, Problem>[]>({ queries });
}

const FOR_EVER = Number.POSITIVE_INFINITY;

export const useProcesses = (): UseQueryResult<Page<PublishedProcess>, Problem> =>
  useApi('/v1/processes', {}, { timeless: true });

/** A published version: it never changes, so it is asked for once. */
export const useProcessVersion = (id: string | undefined, version: number | undefined): UseQueryResult<ProcessVersion, Problem> =>
  useApi(
    `/v1/processes/${id}/versions/${version}`,
    {},
    { timeless: true, enabled: id !== undefined && version !== undefined, staleTime: FOR_EVER },
  );

export const useDeal = (id: string): UseQueryResult<DealView, Problem> => useApi(`/v1/opportunities/${id}`);

export const movesPath = (id: string): string => `/v1/opportunities/${id}/moves`;
export const useMoves = (id: string, enabled = true): UseQueryResult<{ readonly moves: readonly PossibleMove[] }, Problem> =>
  useApi(movesPath(id), {}, { enabled });

/** The moves of each of these deals. */
export function useMovesOf(
  ids: readonly string[],
): readonly UseQueryResult<{ readonly moves: readonly PossibleMove[] }, Problem>[] {
  const asOf = useAsOf();
  const query = asOf === null ? {} : { asOf };
  type Moves = { readonly moves: readonly PossibleMove[] };
  const queries = ids.map((id): UseQueryOptions<Moves, Problem> => ({
    queryKey: [movesPath(id), query],
    queryFn: ({ signal }) => ask<Moves>(movesPath(id), { query, signal }),
  }));
  return useQueries<UseQueryOptions<Moves, Problem>[]>({ queries });
}

export const DEALS = '/v1/opportunities';
const A_PAGE = 500;

/** Every deal that fits, page after page, or so many. */
export async function allDeals(query: Query, signal?: AbortSignal, most = Infinity): Promise<readonly DealRow[]> {
  const rows: DealRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<DealRow> = await ask(DEALS, { query: { ...query, limit: A_PAGE, cursor }, ...(signal ? { signal } : {}) });
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && rows.length < most);
  return rows;
}

const IN_PLAY = ['lead', 'qualified', 'selling'] as const;

/** The deals that are neither won nor lost. Where the service cannot look back by itself, the past is a problem that says so. */
export function useOpenDeals(
  filter: { readonly process?: string | undefined; readonly owner?: string | null; readonly team?: string | null },
  /** At most so many of each phase. */
  most?: number,
): UseQueryResult<readonly DealRow[], Problem> {
  const asOf = useAsOf();
  const query = { process: filter.process, owner: filter.owner, team: filter.team, ...(asOf === null ? {} : { asOf }) };
  return useQuery<readonly DealRow[], Problem>({
    queryKey: [DEALS, 'open', query, most ?? null],
    queryFn: async ({ signal }) => {
      const lists = await Promise.all(IN_PLAY.map((phase) => allDeals({ ...query, phase }, signal, most)));
      return lists.flat();
    },
    enabled: filter.process !== undefined,
    placeholderData: keepPreviousData,
  });
}

/** A deal as lists have it, made from the deal itself. */
export function rowOf({ opportunity: deal }: DealView): DealRow {
  const amount = deal.facts['amount']?.value;
  const closeDate = deal.facts['closeDate']?.value;
  const past = Object.values(deal.limits)
    .filter(({ dueAt }) => Date.parse(dueAt) <= Date.now())
    .map(({ dueAt }) => dueAt)
    .sort();
  return {
    id: deal.id,
    process: deal.process,
    stage: deal.stage,
    phase: deal.phase,
    owner: deal.owner,
    team: deal.team,
    account: deal.account,
    origin: deal.origin,
    amount: typeof amount === 'object' ? amount : null,
    closeDate: typeof closeDate === 'string' ? closeDate : null,
    stageSince: deal.stageSince,
    overdueSince: past[0] ?? null,
    result: deal.result,
  };
}

/** Puts a deal as it is now into every list of the present that holds it or should. */
export function keepInLists(client: QueryClient, view: DealView): void {
  const row = rowOf(view);
  const open = (IN_PLAY as readonly string[]).includes(row.phase);
  for (const [key, rows] of client.getQueriesData<readonly DealRow[]>({ queryKey: [DEALS, 'open'] })) {
    const filter = key[2] as { process?: string; owner?: string; team?: string; asOf?: string };
    if (!rows || filter.asOf !== undefined) continue;
    const fits =
      open &&
      filter.process === row.process.id &&
      (!filter.owner || filter.owner === row.owner) &&
      (!filter.team || filter.team === row.team);
    const at = rows.findIndex(({ id }) => id === row.id);
    if (at < 0 && !fits) continue;
    client.setQueryData(key, at < 0 ? [...rows, row] : rows.flatMap((one, n) => (n !== at ? [one] : fits ? [row] : [])));
  }
}

/** Reads one deal again, and with it its moves and the lists it stands in. */
export async function refreshDeal(client: QueryClient, id: string): Promise<DealView> {
  const path = `${DEALS}/${id}`;
  const view = await client.fetchQuery({ queryKey: [path, {}], queryFn: () => ask<DealView>(path), staleTime: 0 });
  keepInLists(client, view);
  await Promise.all(['/moves', '/events', '/replay'].map((part) => client.invalidateQueries({ queryKey: [`${path}${part}`] })));
  return view;
}

export const useRefresh = (): ((id: string) => Promise<DealView>) => {
  const client = useQueryClient();
  return (id) => refreshDeal(client, id);
};
