import { Missing } from '../../components/missing.js';
import './sellers.css';
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useGlow } from '../../api/live.js';
import { useMoves, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { DealRow, ProcessDefinition } from '../../api/types.js';
import { useNow, useUrlState } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Money } from '../../components/shown.js';
import { apart, count } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { WithProcess } from './chosen.js';

const { day: t } = sellers;
const DAY_MS = 86_400_000;
const AT_FIRST = 8;

/** What needs somebody first: overdue, due, blocked and ready deals, each by the money at stake. */
export default function DayPage(): ReactNode {
  const me = useMe();
  const [owner, setOwner] = useUrlState('owner');
  const whose = owner ?? me.name;
  return (
    <Page title={t.title} lead={t.lead(whose)}>
      <WithProcess>
        {(process, definition, choice) => (
          <>
            {choice}
            <Mine process={process.id} definition={definition} owner={whose} onOwner={setOwner} />
          </>
        )}
      </WithProcess>
    </Page>
  );
}

interface Sorted {
  readonly overdue: readonly DealRow[];
  readonly due: readonly DealRow[];
  readonly rest: readonly DealRow[];
}

/** What the limits and the close date say of the open deals of a person, the dearest first. */
export function sortedOf(deals: readonly DealRow[], now: number): Sorted {
  const dearest = deals.toSorted((a, b) => (b.amount?.minor ?? -1) - (a.amount?.minor ?? -1));
  const until = now + 7 * DAY_MS;
  const isPast = ({ overdueSince, closeDate }: DealRow): boolean =>
    overdueSince !== null || (closeDate !== null && Date.parse(closeDate) + DAY_MS <= now);
  const isDue = ({ dueAt, closeDate }: DealRow): boolean =>
    (dueAt !== null && dueAt !== undefined && Date.parse(dueAt) <= until) ||
    (closeDate !== null && Date.parse(closeDate) <= until);
  const overdue = dearest.filter(isPast);
  const due = dearest.filter((deal) => !isPast(deal) && isDue(deal));
  return { overdue, due, rest: dearest.filter((deal) => !isPast(deal) && !isDue(deal)) };
}

function Mine({
  process,
  definition,
  owner,
  onOwner,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  readonly owner: string;
  readonly onOwner: (owner: string | null) => void;
}): ReactNode {
  const me = useMe();
  const deals = useOpenDeals({ process, owner });
  const now = useNow();
  return (
    <Answered of={deals} waiting={<Waiting lines={8} />}>
      {(all) => {
        if (all.length === 0)
          return (
            <Empty title={t.empty} action={<Others process={process} onOwner={onOwner} />}>
              {t.emptyHelp}
            </Empty>
          );
        const { overdue, due, rest } = sortedOf(all, now);
        return (
          <>
            {owner !== me.name && (
              <Button variant="default" size="compact-sm" onClick={() => onOwner(null)}>
                {me.name}
              </Button>
            )}
            <Group title={t.overdue} help={t.overdueHelp} deals={overdue} definition={definition} now={now} tone="bad" />
            <Group title={t.due} help={t.dueHelp} deals={due} definition={definition} now={now} tone="warn" />
            <Group title={t.rest} help={t.restHelp} deals={rest} definition={definition} now={now} />
          </>
        );
      }}
    </Answered>
  );
}

/** Whose deals there are, for those who own none. */
function Others({ process, onOwner }: { readonly process: string; readonly onOwner: (owner: string) => void }): ReactNode {
  const all = useOpenDeals({ process });
  const owners = [...new Set((all.data ?? []).map(({ owner }) => owner))].toSorted();
  return (
    <div className="row centre">
      <Link to="/board">{t.toBoard}</Link>
      {owners.length > 0 && (
        <label className="field inline">
          <span>{t.others}</span>
          <select value="" onChange={({ target }) => onOwner(target.value)}>
            <option value="" disabled>
              …
            </option>
            {owners.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function Group({
  title,
  help,
  deals,
  definition,
  now,
  tone = '',
}: {
  readonly title: string;
  readonly help: string;
  readonly deals: readonly DealRow[];
  readonly definition: ProcessDefinition;
  readonly now: number;
  readonly tone?: string;
}): ReactNode {
  const [shown, setShown] = useState(AT_FIRST);
  return (
    <Panel title={`${title} (${count(deals.length)})`} help={help} className={tone}>
      {deals.length === 0 && <p className="dimmed">{t.none}</p>}
      <ul className="todo">
        {deals.slice(0, shown).map((deal) => (
          <Todo key={deal.id} deal={deal} definition={definition} now={now} />
        ))}
      </ul>
      {deals.length > shown && (
        <button type="button" className="plain" onClick={() => setShown(deals.length)}>
          {t.more(count(deals.length - shown))}
        </button>
      )}
    </Panel>
  );
}

function Todo({
  deal,
  definition,
  now,
}: {
  readonly deal: DealRow;
  readonly definition: ProcessDefinition;
  readonly now: number;
}): ReactNode {
  const glows = useGlow(deal.id);
  const moves = useMoves(deal.id);
  const stage = definition.stages[deal.stage]?.label ?? deal.stage;
  const ways = (moves.data?.moves ?? []).filter(({ move, to }) => move !== null && definition.stages[to]?.result !== 'lost');
  const open = ways.find(({ allowed }) => allowed);
  const nearest = open ? null : ways.toSorted((a, b) => a.blockers.length - b.blockers.length)[0];
  const reasons = [
    ...(deal.overdueSince === null ? [] : [t.limitUp(stage, apart(deal.overdueSince, now))]),
    ...(deal.overdueSince === null && deal.dueAt ? [t.limitDue(stage, apart(deal.dueAt, now))] : []),
    ...(deal.closeDate !== null && Date.parse(deal.closeDate) < now + 7 * DAY_MS
      ? [t.closePast(apart(deal.closeDate, now))]
      : []),
  ];
  return (
    <li className={glows ? 'glow' : ''}>
      <div className="row">
        <Link to={`/deals/${encodeURIComponent(deal.id)}`}>
          <strong>{deal.account ?? deal.id}</strong>
        </Link>
        <span className="dimmed">{stage}</span>
        <span className="grow" />
        <Money amount={deal.amount} form="whole" />
      </div>
      {reasons.length > 0 && <p className="why">{reasons.join('; ')}</p>}
      {open && <p className="ready">✓ {t.ready(open.label)}</p>}
      {nearest && (
        <div className="blocked-way">
          <span>{t.blockedWay(nearest.label)}</span>
          <Missing blockers={nearest.blockers} />
        </div>
      )}
    </li>
  );
}
