import { useState, type ReactNode } from 'react';
import { useGlow } from '../../api/live.js';
import { useMoves } from '../../api/queries.js';
import type { DealRow, PossibleMove, ProcessDefinition } from '../../api/types.js';
import { Link } from '../../components/link.js';
import { Missing } from '../../components/missing.js';
import { Panel } from '../../components/page.js';
import { Money } from '../../components/shown.js';
import { apart, count } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { placeAfter } from './way.js';

const { day: t } = sellers;
const WEEK_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
const AT_FIRST = 8;

/** Whether a time limit or the close date of a deal is over, or comes up within a week. */
export function toneOf({ overdueSince, dueAt, closeDate }: DealRow, now: number): 'bad' | 'warn' | '' {
  const until = now + WEEK_MS;
  if (overdueSince !== null || (closeDate !== null && Date.parse(closeDate) + DAY_MS <= now)) return 'bad';
  const comesUp = (at: string | null | undefined): boolean => typeof at === 'string' && Date.parse(at) <= until;
  return comesUp(dueAt) || comesUp(closeDate) ? 'warn' : '';
}

/** The moves that lead on: not those that the process makes by itself, nor the loss. */
export const waysOn = (moves: readonly PossibleMove[], { stages }: ProcessDefinition): readonly PossibleMove[] =>
  moves.filter(({ move, to }) => move !== null && stages[to]?.result !== 'lost');

/** Deals that are alike for somebody's day, each with what it needs. */
export function Group({
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
  const ways = waysOn(moves.data?.moves ?? [], definition);
  const open = ways.find(({ allowed }) => allowed);
  const nearest = open ? null : ways.toSorted((a, b) => a.blockers.length - b.blockers.length)[0];
  // What came first stands first: what is over, then what is to come.
  const limit = deal.overdueSince ?? deal.dueAt ?? null;
  const closes = deal.closeDate !== null && Date.parse(deal.closeDate) < now + WEEK_MS ? deal.closeDate : null;
  const reasons = [
    ...(limit === null ? [] : [{ at: limit, say: (deal.overdueSince ? t.limitUp : t.limitDue)(stage, apart(limit, now)) }]),
    ...(closes === null ? [] : [{ at: closes, say: t.closePast(apart(closes, now)) }]),
  ]
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map(({ say }) => say);
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
      {reasons.length > 0 && <p className={`why ${toneOf(deal, now)}`}>{reasons.join('; ')}</p>}
      {open && <p className="ready">✓ {t.ready(open.label, placeAfter(open, definition, deal.stage))}</p>}
      {nearest && (
        <div className="blocked-way">
          <span>{t.blockedWay(nearest.label, placeAfter(nearest, definition, deal.stage))}</span>
          <Missing blockers={nearest.blockers} />
        </div>
      )}
    </li>
  );
}
