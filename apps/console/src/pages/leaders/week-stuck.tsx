import { type ReactNode } from 'react';
import { type UseQueryResult } from '@tanstack/react-query';
import type { Problem } from '../../api/client.js';
import type { DealRow } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, day, instant, majorOf, money } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { dealPath, valueText, type View } from './view.js';
import { amountsOf } from './week-changes.js';

const t = leaders.week;

/** Since when a deal is stuck, and by what. */
export function lateness(
  { overdueSince, closeDate }: DealRow,
  today: string,
): { readonly why: string; readonly since: string } | null {
  if (overdueSince !== null) return { why: t.stuck.limit, since: overdueSince };
  return closeDate !== null && closeDate < today ? { why: t.stuck.close, since: closeDate } : null;
}

export function Stuck({
  view,
  open,
}: {
  readonly view: View;
  readonly open: UseQueryResult<readonly DealRow[], Problem>;
}): ReactNode {
  const words = t.stuck;
  const { columns } = words;
  return (
    <Panel title={words.title} help={words.help} className="long">
      <Answered of={open}>
        {(deals) => {
          const rows = deals
            .flatMap((deal) => {
              const late = lateness(deal, view.today);
              return late ? [{ deal, ...late }] : [];
            })
            .toSorted((a, b) => (b.deal.amount?.minor ?? -1) - (a.deal.amount?.minor ?? -1) || (a.since < b.since ? -1 : 1));
          return (
            <Table
              caption={words.title}
              name="stuck"
              sortName="stuckSort"
              rows={rows}
              rowKey={({ deal }) => deal.id}
              empty={<Empty title={words.none}>{words.noneHelp}</Empty>}
              foot={`${leaders.view.deals(count(rows.length))} · ${valueText({ amounts: amountsOf(rows.map(({ deal }) => deal)) }, 'whole')}`}
              columns={[
                {
                  key: 'deal',
                  label: columns.deal,
                  value: ({ deal }) => deal.id,
                  show: ({ deal }) => <Link to={dealPath(deal.id)}>{deal.id}</Link>,
                },
                {
                  key: 'account',
                  label: columns.account,
                  value: ({ deal }) => deal.account,
                  show: ({ deal }) => deal.account ?? '–',
                },
                {
                  key: 'stage',
                  label: columns.stage,
                  value: ({ deal }) => view.stage(deal.stage),
                  show: ({ deal }) => view.stage(deal.stage),
                },
                { key: 'owner', label: columns.owner, value: ({ deal }) => deal.owner, show: ({ deal }) => deal.owner },
                {
                  key: 'amount',
                  label: columns.amount,
                  align: 'right',
                  value: ({ deal }) => deal.amount && majorOf(deal.amount),
                  show: ({ deal }) => money(deal.amount, 'whole'),
                },
                { key: 'why', label: columns.why, value: ({ why }) => why, show: ({ why }) => why },
                {
                  key: 'since',
                  label: columns.since,
                  value: ({ since }) => since,
                  show: ({ since }) => (since.length === 10 ? day(since) : instant(since)),
                },
              ]}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}
