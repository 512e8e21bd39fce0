import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearchParams } from 'react-router';
import { ask, type Problem } from '../../api/client.js';
import type { DealsBehind } from '../../api/leaders-types.js';
import { allDeals, DEALS, useProcesses, useProcessVersion } from '../../api/queries.js';
import type { DealRow, Page as Items, ProcessDefinition } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count, day, majorOf, money } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { dealPath, valueText } from './view.js';

const t = leaders.behind;
const MOST = 500;

interface Counted {
  readonly deals: number;
  readonly rows: readonly DealRow[];
}

/** The deals that one figure of a measure counts: `/behind/<measure>?process=...` with the words under which the figure stands in the measure's answer. */
export default function Behind(): ReactNode {
  const { measure = '' } = useParams();
  const [search] = useSearchParams();
  const asOf = useAsOf();
  const processes = useProcesses();
  const process = processes.data?.items.find(({ id }) => id === search.get('process'));
  const definition = useProcessVersion(process?.id, process?.version).data?.definition;
  const words = new URLSearchParams(search);
  for (const own of ['sort', 'asOf']) words.delete(own);
  if (asOf !== null) words.set('asOf', asOf);
  const said = words.toString();
  const answer = useQuery<Counted, Problem>({
    queryKey: ['/v1/measures/behind', measure, said, definition?.id],
    queryFn: ({ signal }) =>
      measure === 'forecast' ? toClose(words, definition!, signal) : countedIn(measure, words, asOf, signal),
    enabled: measure !== 'forecast' || definition !== undefined,
  });
  const back = t.pages[measure];
  return (
    <Page
      title={t.title}
      actions={back && <Link to={`${back[0]}?process=${search.get('process') ?? ''}`}>{back[1]}</Link>}
      lead={<Said measure={measure} words={words} definition={definition} />}
    >
      <Answered of={answer} waiting={<Waiting lines={10} height={32} />}>
        {({ deals, rows }) =>
          deals === 0 ? (
            <Empty title={t.none}>{t.noneHelp}</Empty>
          ) : (
            <Table<DealRow>
              caption={t.table}
              name={`deals-behind-${measure}`}
              rows={rows}
              rowKey={({ id }) => id}
              foot={
                <span>
                  {deals > rows.length ? t.first(count(rows.length), count(deals)) : deals === 1 ? t.one : t.lead(count(deals))}{' '}
                  {valueText({ amounts: sums(rows) }, 'whole')}
                </span>
              }
              columns={columnsOf(definition)}
            />
          )
        }
      </Answered>
    </Page>
  );
}

const columnsOf = (definition: ProcessDefinition | undefined) => {
  const { columns } = t;
  const stage = (id: string): string => definition?.stages[id]?.label ?? id;
  return [
    {
      key: 'deal',
      label: columns.deal,
      value: ({ id }: DealRow) => id,
      show: ({ id }: DealRow) => <Link to={dealPath(id)}>{id}</Link>,
    },
    {
      key: 'account',
      label: columns.account,
      value: ({ account }: DealRow) => account,
      show: ({ account }: DealRow) => account ?? '–',
    },
    { key: 'stage', label: columns.stage, value: (one: DealRow) => stage(one.stage), show: (one: DealRow) => stage(one.stage) },
    { key: 'owner', label: columns.owner, value: ({ owner }: DealRow) => owner, show: ({ owner }: DealRow) => owner },
    { key: 'team', label: columns.team, value: ({ team }: DealRow) => team, show: ({ team }: DealRow) => team ?? '–' },
    {
      key: 'amount',
      label: columns.amount,
      align: 'right' as const,
      value: ({ amount }: DealRow) => amount && majorOf(amount),
      show: ({ amount }: DealRow) => money(amount, 'whole'),
    },
    {
      key: 'close',
      label: columns.close,
      value: ({ closeDate }: DealRow) => closeDate,
      show: ({ closeDate }: DealRow) => (closeDate ? day(closeDate) : '–'),
    },
    {
      key: 'since',
      label: columns.since,
      value: ({ stageSince }: DealRow) => stageSince,
      show: ({ stageSince }: DealRow) => <Instant at={stageSince} />,
    },
    {
      key: 'result',
      label: columns.result,
      value: ({ result }: DealRow) => result,
      show: ({ result }: DealRow) => (result ? t.result[result] : '–'),
    },
  ];
};

function Said({
  measure,
  words,
  definition,
}: {
  readonly measure: string;
  readonly words: URLSearchParams;
  readonly definition: ProcessDefinition | undefined;
}): ReactNode {
  const stage = (id: string): string => definition?.stages[id]?.label ?? id;
  const shown = [...words].filter(([name]) => name !== 'asOf' && name !== 'by');
  return (
    <>
      {t.measures[measure] ?? measure}
      {shown.map(([name, value]) => {
        const said =
          name === 'process'
            ? (definition?.title ?? value)
            : name === 'path'
              ? value.split(',').map(stage).join(' → ')
              : name.toLowerCase().endsWith('stage')
                ? stage(value)
                : name === 'group' && value === ''
                  ? leaders.view.noGroup
                  : (t.outcomes[value] ?? value);
        return (
          <span key={name}>
            {' · '}
            {t.words[name] ?? name}: <strong>{said}</strong>
          </span>
        );
      })}
    </>
  );
}

function sums(rows: readonly DealRow[]): readonly { readonly minor: number; readonly currency: string }[] {
  const all = new Map<string, number>();
  for (const { amount } of rows) if (amount) all.set(amount.currency, (all.get(amount.currency) ?? 0) + amount.minor);
  return Array.from(all, ([currency, minor]) => ({ minor, currency }));
}

/** Asks the measure which deals, and the board how they stand. */
async function countedIn(measure: string, words: URLSearchParams, asOf: string | null, signal: AbortSignal): Promise<Counted> {
  const { deals, items } = await ask<DealsBehind>(`/v1/measures/${encodeURIComponent(measure)}/deals?${words.toString()}`, {
    signal,
  });
  const rows: DealRow[] = [];
  for (let at = 0; at < Math.min(items.length, MOST); at += 200) {
    const ids = items.slice(at, at + 200).join(',');
    const page = await ask<Items<DealRow>>(DEALS, { query: { ids, limit: 200, asOf }, signal });
    rows.push(...page.items);
  }
  return { deals, rows };
}

/** The open deals of a forecast's period, by the category of their stage: the board knows them. */
async function toClose(words: URLSearchParams, definition: ProcessDefinition, signal: AbortSignal): Promise<Counted> {
  const [by, group, category] = ['by', 'group', 'category'].map((name) => words.get(name));
  const [from, to] = [words.get('from') ?? '', words.get('to') ?? '9999'];
  const open = await allDeals({ process: words.get('process'), result: 'open', asOf: words.get('asOf') }, signal);
  const rows = open.filter(
    ({ closeDate, stage, owner, team }) =>
      closeDate !== null &&
      closeDate >= from &&
      closeDate < to &&
      (!category || (definition.stages[stage]?.forecast?.category ?? 'omitted') === category) &&
      (by === 'owner' ? owner === group : by === 'team' ? (team ?? '') === group : true),
  );
  return { deals: rows.length, rows };
}
