import { type ReactNode } from 'react';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Problem } from '../../api/client.js';
import type { BridgeAnswer, BridgeDeal } from '../../api/leaders-types.js';
import { allDeals, DEALS, useApi } from '../../api/queries.js';
import type { DealRow, Money as Amount } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, day, majorOf, money } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { dealPath, valueText, type View } from './view.js';

const t = leaders.week;

export const startOfDay = (text: string): string => new Date(`${text}T00:00:00`).toISOString();

export function amountsOf(rows: readonly { readonly amount: Amount | null }[]): readonly Amount[] {
  const all = new Map<string, number>();
  for (const { amount } of rows) if (amount) all.set(amount.currency, (all.get(amount.currency) ?? 0) + amount.minor);
  return Array.from(all, ([currency, minor]) => ({ minor, currency }));
}

type Kind = keyof typeof t.changed.kinds;

const KINDS = Object.keys(t.changed.kinds) as Kind[];

interface Change {
  readonly kind: Kind;
  readonly deal: string;
  readonly account: string | null;
  readonly owner: string;
  readonly amount: Amount | null;
  readonly before: string;
  readonly now: string;
}

/** The open deals as they were known at the review. */
function useOpenThen(process: string, asOf: string): UseQueryResult<readonly DealRow[], Problem> {
  return useQuery<readonly DealRow[], Problem>({
    queryKey: [DEALS, 'then', { process, asOf }],
    queryFn: ({ signal }) => allDeals({ process, result: 'open', asOf }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function Changed({
  view,
  from,
  open,
}: {
  readonly view: View;
  readonly from: string;
  readonly open: UseQueryResult<readonly DealRow[], Problem>;
}): ReactNode {
  const words = t.changed;
  const [said, pick] = useUrlState('changed');
  const picked = KINDS.find((kind) => kind === said);
  const then = useOpenThen(view.process.id, startOfDay(from));
  const bridge = useApi<BridgeAnswer>('/v1/measures/bridge', { process: view.process.id, from });
  return (
    <Panel title={words.title} help={words.help(day(from))} className="long">
      <Answered of={open} waiting={<Waiting lines={5} height={40} />}>
        {(now) => (
          <Answered of={then} waiting={<Waiting lines={5} height={40} />}>
            {(before) => (
              <Answered of={bridge} waiting={<Waiting lines={5} height={40} />}>
                {({ groups: [group] }) => {
                  const closed = (bar: 'won' | 'lost'): readonly BridgeDeal[] =>
                    group?.bars.find((one) => one.bar === bar)?.list ?? [];
                  const changes = changesOf(before, now, view, closed);
                  const counts = {
                    won: group?.bars.find(({ bar }) => bar === 'won')?.deals,
                    lost: group?.bars.find(({ bar }) => bar === 'lost')?.deals,
                  };
                  if (changes.length === 0) return <Empty title={words.none}>{words.noneHelp}</Empty>;
                  return <Changes changes={changes} picked={picked} pick={pick} counts={counts} />;
                }}
              </Answered>
            )}
          </Answered>
        )}
      </Answered>
    </Panel>
  );
}

function Changes({
  changes,
  picked,
  pick,
  counts,
}: {
  readonly changes: readonly Change[];
  readonly picked: Kind | undefined;
  readonly pick: (kind: string | null) => void;
  readonly counts: { readonly won: number | undefined; readonly lost: number | undefined };
}): ReactNode {
  const words = t.changed;
  const { columns } = words;
  const shown = picked ? changes.filter(({ kind }) => kind === picked) : changes;
  return (
    <>
      <ul className="bars">
        {KINDS.map((kind) => {
          const some = changes.filter((one) => one.kind === kind);
          const deals = (kind === 'won' || kind === 'lost' ? counts[kind] : undefined) ?? some.length;
          return (
            <li key={kind}>
              <button
                type="button"
                aria-pressed={kind === picked}
                disabled={deals === 0}
                title={words.kindHelp[kind]}
                onClick={() => pick(kind === picked ? null : kind)}
              >
                {words.kinds[kind]} <strong>{count(deals)}</strong>
                {some.length > 0 && <small> · {valueText({ amounts: amountsOf(some) })}</small>}
              </button>
            </li>
          );
        })}
      </ul>
      <Table<Change>
        caption={words.title}
        name="changes"
        sortName="changeSort"
        rows={shown}
        rowKey={({ kind, deal }) => `${kind} ${deal}`}
        foot={picked && words.kindHelp[picked]}
        columns={[
          { key: 'what', label: columns.what, value: ({ kind }) => words.kinds[kind], show: ({ kind }) => words.kinds[kind] },
          {
            key: 'deal',
            label: columns.deal,
            value: ({ deal }) => deal,
            show: ({ deal }) => <Link to={dealPath(deal)}>{deal}</Link>,
          },
          { key: 'account', label: columns.account, value: ({ account }) => account, show: ({ account }) => account ?? '–' },
          { key: 'owner', label: columns.owner, value: ({ owner }) => owner, show: ({ owner }) => owner },
          {
            key: 'amount',
            label: columns.amount,
            align: 'right',
            value: ({ amount }) => amount && majorOf(amount),
            show: ({ amount }) => money(amount, 'whole'),
          },
          { key: 'before', label: columns.before, value: ({ before }) => before, show: ({ before }) => before },
          { key: 'now', label: columns.now, value: ({ now }) => now, show: ({ now }) => <strong>{now}</strong> },
        ]}
      />
    </>
  );
}

function changesOf(
  before: readonly DealRow[],
  now: readonly DealRow[],
  view: View,
  closed: (bar: 'won' | 'lost') => readonly BridgeDeal[],
): readonly Change[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const order = Object.keys(view.definition?.stages ?? {});
  const changes: Change[] = [];
  const add = (kind: Kind, { id, account, owner, amount }: DealRow, was: string, is: string): void => {
    changes.push({ kind, deal: id, account, owner, amount, before: was, now: is });
  };
  const dated = (date: string | null): string => (date === null ? '–' : day(date));
  for (const one of now) {
    const was = old.get(one.id);
    if (!was) {
      add('new', one, '–', view.stage(one.stage));
      continue;
    }
    if (was.stage !== one.stage)
      add(
        order.indexOf(one.stage) > order.indexOf(was.stage) ? 'onward' : 'back',
        one,
        view.stage(was.stage),
        view.stage(one.stage),
      );
    if (was.closeDate !== null && was.closeDate !== one.closeDate)
      add(
        one.closeDate === null || one.closeDate > was.closeDate ? 'slipped' : 'earlier',
        one,
        dated(was.closeDate),
        dated(one.closeDate),
      );
    if (was.amount && one.amount && was.amount.currency === one.amount.currency && was.amount.minor !== one.amount.minor)
      add(one.amount.minor > was.amount.minor ? 'up' : 'down', one, money(was.amount, 'whole'), money(one.amount, 'whole'));
  }
  for (const kind of ['won', 'lost'] as const)
    for (const { deal, owner, amounts, events } of closed(kind)) {
      const amount = amounts[0] ? { ...amounts[0], minor: Math.abs(amounts[0].minor) } : null;
      const event = events.at(-1);
      changes.push({
        kind,
        deal,
        account: old.get(deal)?.account ?? null,
        owner,
        amount,
        before: event?.from ? view.stage(event.from) : '–',
        now: event?.to ? view.stage(event.to) : t.changed.kinds[kind],
      });
    }
  return changes.toSorted(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (b.amount?.minor ?? -1) - (a.amount?.minor ?? -1),
  );
}
