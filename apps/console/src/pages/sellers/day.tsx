import './sellers.css';
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useGlow } from '../../api/live.js';
import { useApi, useMoves, useMovesOf, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { BoardSummary, DealRow, PossibleMove, ProcessDefinition } from '../../api/types.js';
import { useAsOf, useNow, useUrlState } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Missing } from '../../components/missing.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Money } from '../../components/shown.js';
import { apart, count } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { Capture } from './capture.js';
import { WithProcess } from './chosen.js';
import { placeAfter } from './way.js';

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
  const isPast = (deal: DealRow): boolean => toneOf(deal, now) === 'bad';
  const isDue = (deal: DealRow): boolean => toneOf(deal, now) === 'warn';
  const overdue = dearest.filter(isPast);
  const due = dearest.filter(isDue);
  return { overdue, due, rest: dearest.filter((deal) => !isPast(deal) && !isDue(deal)) };
}

/** Whether a time limit or the close date of a deal is over, or comes up within a week. */
function toneOf({ overdueSince, dueAt, closeDate }: DealRow, now: number): 'bad' | 'warn' | '' {
  const until = now + 7 * DAY_MS;
  if (overdueSince !== null || (closeDate !== null && Date.parse(closeDate) + DAY_MS <= now)) return 'bad';
  const comesUp = (at: string | null | undefined): boolean => typeof at === 'string' && Date.parse(at) <= until;
  return comesUp(dueAt) || comesUp(closeDate) ? 'warn' : '';
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
  const show = useShow();
  return (
    <Answered of={deals} waiting={<Waiting lines={8} />}>
      {(all) => {
        if (all.length === 0)
          return (
            <>
              <Empty title={t.empty} action={<Others process={process} definition={definition} onOwner={onOwner} />}>
                {t.emptyHelp}
              </Empty>
              {owner === me.name && <OfYourRole process={process} definition={definition} />}
            </>
          );
        const { overdue, due, rest } = sortedOf(all, now);
        return (
          <>
            {owner !== me.name && (
              <Button variant="default" size="compact-sm" onClick={() => onOwner(null)}>
                {me.name}
              </Button>
            )}
            <Show />
            {show === null ? (
              <>
                <Group title={t.overdue} help={t.overdueHelp} deals={overdue} definition={definition} now={now} tone="bad" />
                <Group title={t.due} help={t.dueHelp} deals={due} definition={definition} now={now} tone="warn" />
                <Group title={t.rest} help={t.restHelp} deals={rest} definition={definition} now={now} />
              </>
            ) : (
              <Only which={show} deals={[...overdue, ...due, ...rest]} definition={definition} now={now} />
            )}
          </>
        );
      }}
    </Answered>
  );
}

/** For those who own no deals but act on those of others: the moves that only some may make, they among them, and how many deals stand there. */
function OfYourRole({ process, definition }: { readonly process: string; readonly definition: ProcessDefinition }): ReactNode {
  const { roles } = useMe();
  const heads = useApi<BoardSummary>('/v1/board', { process });
  const places = Object.values(definition.stages).flatMap((stage) => {
    const inTracks = Object.values(stage.tracks).flatMap((track) => Object.values(track.stages));
    const moves = [stage, ...inTracks].flatMap((place) => Object.values(place.moves));
    const labels = moves.filter(({ by }) => by.some((role) => roles.includes(role))).map(({ label }) => label);
    const deals = stage.result === undefined ? (heads.data?.stages.find((one) => one.stage === stage.id)?.deals ?? 0) : 0;
    return labels.length > 0 && deals > 0 ? [{ stage, labels, deals }] : [];
  });
  if (places.length === 0) return null;
  return (
    <Panel title={t.ofYourRole(roles.join(', '))} help={t.ofYourRoleHelp}>
      <ul className="found">
        {places.map(({ stage, labels, deals }) => (
          <li key={stage.id}>
            <Link to={`/deals?process=${encodeURIComponent(process)}&stage=${encodeURIComponent(stage.id)}`}>
              {t.standIn(count(deals), stage.label)}
            </Link>{' '}
            <span className="dimmed">{labels.join(', ')}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const SHOWS = ['blocked', 'ready'] as const;
type Shown = (typeof SHOWS)[number];

/** Of the address: only deals that are blocked, or only those that are ready; null for all. */
function useShow(): Shown | null {
  const [show] = useUrlState('show');
  return SHOWS.find((one) => one === show) ?? null;
}

function Show(): ReactNode {
  const show = useShow();
  const [, setShow] = useUrlState('show');
  return (
    <div className="row toggles" role="group" aria-label={t.show}>
      {([null, ...SHOWS] as const).map((one) => (
        <Button
          key={one}
          size="compact-sm"
          variant={one === show ? 'filled' : 'default'}
          aria-pressed={one === show}
          onClick={() => setShow(one)}
        >
          {one === null ? t.everything : one === 'blocked' ? t.blocked : t.readyOnes}
        </Button>
      ))}
    </div>
  );
}

/** The deals of which no way on is open, or those of which one is, whatever the day says of them. */
function Only({
  which,
  deals,
  definition,
  now,
}: {
  readonly which: Shown;
  readonly deals: readonly DealRow[];
  readonly definition: ProcessDefinition;
  readonly now: number;
}): ReactNode {
  const moves = useMovesOf(deals.map(({ id }) => id));
  if (moves.some(({ isPending }) => isPending)) return <Waiting lines={8} />;
  const fits = deals.filter((_, at) => {
    const ways = waysOn(moves[at]?.data?.moves ?? [], definition);
    return ways.length > 0 && ways.some(({ allowed }) => allowed) === (which === 'ready');
  });
  return (
    <Group
      title={which === 'ready' ? t.readyOnes : t.blocked}
      help={which === 'ready' ? t.readyHelp : t.blockedHelp}
      deals={fits}
      definition={definition}
      now={now}
    />
  );
}

/** The moves that lead on: not those that the process makes by itself, nor the loss. */
const waysOn = (moves: readonly PossibleMove[], { stages }: ProcessDefinition): readonly PossibleMove[] =>
  moves.filter(({ move, to }) => move !== null && stages[to]?.result !== 'lost');

/** Whose deals there are, for those who own none. */
function Others({
  process,
  definition,
  onOwner,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  readonly onOwner: (owner: string) => void;
}): ReactNode {
  const past = useAsOf() !== null;
  const [capturing, setCapturing] = useState(false);
  const all = useOpenDeals({ process });
  const owners = [...new Set((all.data ?? []).map(({ owner }) => owner))].toSorted();
  return (
    <div className="row centre">
      {!past && <Button onClick={() => setCapturing(true)}>{sellers.board.capture}</Button>}
      {capturing && <Capture definition={definition} onClose={() => setCapturing(false)} />}
      <Link to="/board">{t.toBoard}</Link>
      {owners.length > 0 && (
        <label className="field inline">
          <span>{t.others}</span>
          <select value="" onChange={({ target }) => onOwner(target.value)}>
            <option value="" disabled>
              {t.choose}
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
  const ways = waysOn(moves.data?.moves ?? [], definition);
  const open = ways.find(({ allowed }) => allowed);
  const nearest = open ? null : ways.toSorted((a, b) => a.blockers.length - b.blockers.length)[0];
  // What came first stands first: what is over, then what is to come.
  const limit = deal.overdueSince ?? deal.dueAt ?? null;
  const closes = deal.closeDate !== null && Date.parse(deal.closeDate) < now + 7 * DAY_MS ? deal.closeDate : null;
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
