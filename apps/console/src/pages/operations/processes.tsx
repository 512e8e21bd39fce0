import type { ReactNode } from 'react';
import { useQueries } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { AdherenceAnswer } from '../../api/leaders-types.js';
import type { ProcessInFull } from '../../api/operations-types.js';
import { useMeasures, useProcesses } from '../../api/queries.js';
import type { PublishedProcess } from '../../api/types.js';
import { Figure, Link } from '../../components/link.js';
import { Empty, Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, share } from '../../format.js';
import { common } from '../../texts/common.js';
import { operations } from '../../texts/operations.js';

const { list: t } = operations;

/** Every process in force, with the deals on it. */
export default function ProcessesPage(): ReactNode {
  const processes = useProcesses();
  return (
    <Page title={t.title} lead={t.lead}>
      <Answered of={processes} waiting={<Waiting />}>
        {({ items }) =>
          items.length === 0 ? <Empty title={common.noProcess.title}>{common.noProcess.help}</Empty> : <List items={items} />
        }
      </Answered>
    </Page>
  );
}

function List({ items }: { readonly items: readonly PublishedProcess[] }): ReactNode {
  const whole = useQueries({
    queries: items.map(({ id }) => ({
      queryKey: [`/v1/processes/${id}`, {}],
      queryFn: () => ask<ProcessInFull>(`/v1/processes/${id}`),
    })),
  });
  // Dearer than all the rest, so that the list does not wait for it.
  const adherence = useMeasures<AdherenceAnswer>(
    'adherence',
    items.map(({ id }) => ({ process: id })),
  );
  const rows = items.map((process, at) => {
    const use = whole[at]?.data?.use;
    const sum = (of: 'deals' | 'open'): number | null => use?.reduce((all, one) => all + one[of], 0) ?? null;
    return { ...process, deals: sum('deals'), open: sum('open'), followed: adherence[at]?.data?.groups[0]?.deals ?? null };
  });
  const number = (value: number | null): string => (value === null ? '–' : count(value));
  return (
    <Table
      caption={t.title}
      name="processes"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'title',
          label: t.columns.title,
          value: ({ title }) => title,
          show: ({ id, title }) => <Link to={`/processes/${id}`}>{title}</Link>,
        },
        {
          key: 'version',
          label: t.columns.version,
          align: 'right',
          value: ({ version }) => version,
          show: ({ version }) => version,
        },
        {
          key: 'deals',
          label: t.columns.deals,
          align: 'right',
          value: ({ deals }) => deals,
          show: ({ id, deals }) => (
            <Figure to={`/deals?process=${id}`} of={t.columns.deals}>
              {number(deals)}
            </Figure>
          ),
        },
        {
          key: 'open',
          label: t.columns.open,
          align: 'right',
          value: ({ open }) => open,
          show: ({ id, open }) => (
            <Figure to={`/deals?process=${id}&result=open`} of={t.columns.open}>
              {number(open)}
            </Figure>
          ),
        },
        {
          key: 'adherence',
          label: t.columns.adherence,
          align: 'right',
          value: ({ followed }) => followed?.rate ?? null,
          show: ({ id, followed }) =>
            followed === null || followed.rate === null ? (
              '–'
            ) : (
              <Figure to={`/adherence?process=${id}`} of={t.columns.adherence}>
                {share(followed.rate)}
              </Figure>
            ),
        },
        {
          key: 'since',
          label: t.columns.since,
          value: ({ publishedAt }) => publishedAt,
          show: ({ publishedAt }) => <Instant at={publishedAt} />,
        },
        { key: 'by', label: t.columns.by, value: ({ by }) => by, show: ({ by }) => by },
        { key: 'note', label: t.columns.note, value: ({ note }) => note, show: ({ note }) => note ?? '–' },
      ]}
    />
  );
}
