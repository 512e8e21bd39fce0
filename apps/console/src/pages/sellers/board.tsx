import './sellers.css';
import { useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useNavigate } from 'react-router';
import { ask } from '../../api/client.js';
import { useGlow } from '../../api/live.js';
import { movesPath, refreshDeal, useApi, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { BoardSummary, DealRow, DealView, PossibleMove, ProcessDefinition, Stage } from '../../api/types.js';
import { useAsOf, useNow, useUrlState, withAsOf } from '../../as-of.js';
import { Dialog } from '../../components/dialog.js';
import { say } from '../../components/notices.js';
import { Empty, Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Money } from '../../components/shown.js';
import { count, daysSince, lasting, money, sumOf } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { Capture } from './capture.js';
import { WithProcess } from './chosen.js';
import { fieldsAsked, MoveForm, useMover } from './move-form.js';

const { board: t } = sellers;
const CARD_PX = 92;
/** So many of a phase stand here as cards; of more, the columns only tell how many there are. */
const MOST_A_PHASE = 5_000;

/** The open deals, a column for each stage. A card goes where the process lets it; columns that it may not enter say why. */
export default function BoardPage(): ReactNode {
  const [capturing, setCapturing] = useState(false);
  const past = useAsOf() !== null;
  return (
    <Page
      title={t.title}
      lead={past ? undefined : t.hint}
      wide
      actions={!past && <Button onClick={() => setCapturing(true)}>{t.capture}</Button>}
    >
      <WithProcess>
        {(process, definition, choice) => (
          <>
            <Board process={process.id} definition={definition} choice={choice} />
            {capturing && <Capture definition={definition} onClose={() => setCapturing(false)} />}
          </>
        )}
      </WithProcess>
    </Page>
  );
}

/** A move on its way: the deal, and what the process says of every way on. */
interface Dragged {
  readonly deal: DealRow;
  readonly moves: readonly PossibleMove[] | null;
}

interface Asking {
  readonly view: DealView;
  readonly moves: readonly PossibleMove[];
}

function Board({
  process,
  definition,
  choice,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  readonly choice: ReactNode;
}): ReactNode {
  const me = useMe();
  const asOf = useAsOf();
  const now = useNow();
  const [owner, setOwner] = useUrlState('owner');
  const [team, setTeam] = useUrlState('team');
  const deals = useOpenDeals({ process, owner, team }, MOST_A_PHASE);
  const isMany = (deals.data?.length ?? 0) >= MOST_A_PHASE;
  const heads = useApi<BoardSummary>('/v1/board', { process, owner, team }, { enabled: isMany, keep: true });
  const cut = isMany && heads.data && heads.data.open > deals.data!.length ? heads.data : null;
  const [dragged, setDragged] = useState<Dragged | null>(null);
  const [form, setForm] = useState<{ readonly view: DealView; readonly move: PossibleMove } | null>(null);
  const [choosing, setChoosing] = useState<Asking | null>(null);
  const client = useQueryClient();
  const mover = useMover();
  const navigate = useNavigate();
  const stages = Object.values(definition.stages).filter(
    ({ phase }) => phase === 'lead' || phase === 'qualified' || phase === 'selling',
  );
  const ends = Object.values(definition.stages).filter(({ phase, result }) => phase === 'closed' && result !== undefined);
  const byStage = useMemo(() => {
    const found = new Map<string, DealRow[]>();
    for (const deal of deals.data ?? []) found.set(deal.stage, [...(found.get(deal.stage) ?? []), deal]);
    for (const [stage, rows] of found)
      found.set(
        stage,
        // The dearest first; of those that are worth the same, the latest.
        rows.toSorted((a, b) => (b.amount?.minor ?? -1) - (a.amount?.minor ?? -1) || (a.stageSince < b.stageSince ? 1 : -1)),
      );
    return found;
  }, [deals.data]);

  const ask_ = async (id: string): Promise<Asking> => {
    const [view, { moves }] = await Promise.all([
      refreshDeal(client, id),
      ask<{ readonly moves: readonly PossibleMove[] }>(movesPath(encodeURIComponent(id))),
    ]);
    return { view, moves };
  };
  const make = (view: DealView, move: PossibleMove): void => {
    const missing = fieldsAsked(move, definition, view.opportunity.stage).some(
      (name) => view.opportunity.facts[name] === undefined,
    );
    if (!move.allowed || missing) setForm({ view, move });
    else
      mover(view, move, definition).catch((error: unknown) =>
        say(error instanceof Error ? error.message : String(error), { bad: true }),
      );
  };
  const drop = async (id: string, stage: string): Promise<void> => {
    try {
      const { view, moves } = await ask_(id);
      const ways = moves.filter(({ move, track, to }) => move !== null && track === null && to === stage);
      if (ways.length === 0) say(t.noWay(labelOf(definition, view.opportunity.stage), labelOf(definition, stage)), { bad: true });
      else if (ways.length === 1) make(view, ways[0]!);
      else setChoosing({ view, moves: ways });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), { bad: true });
    }
  };
  const lift = (deal: DealRow): void => {
    setDragged({ deal, moves: null });
    void ask<{ readonly moves: readonly PossibleMove[] }>(movesPath(encodeURIComponent(deal.id))).then(({ moves }) =>
      setDragged((now) => (now?.deal.id === deal.id ? { deal, moves } : now)),
    );
  };
  const onKey = (event: KeyboardEvent, deal: DealRow): void => {
    if (event.key === 'Enter') void navigate(withAsOf(`/deals/${encodeURIComponent(deal.id)}`, asOf));
    else if (event.key === 'm' && asOf === null) {
      event.preventDefault();
      void ask_(deal.id).then((asking) => setChoosing({ ...asking, moves: asking.moves.filter(({ move }) => move !== null) }));
    } else if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      goTo(event.currentTarget as HTMLElement, event.key);
    }
  };

  const owners = [...new Set([me.name, ...(deals.data ?? []).map((one) => one.owner)])].toSorted();
  const teams = [...new Set((deals.data ?? []).flatMap((one) => (one.team === null ? [] : [one.team])))].toSorted();
  return (
    <>
      <div className="row filters">
        {choice}
        <label className="field inline">
          <span>{t.owner}</span>
          <select value={owner ?? ''} onChange={({ target }) => setOwner(target.value)}>
            <option value="">{t.all}</option>
            {owners.map((one) => (
              <option key={one} value={one}>
                {one === me.name ? `${t.mine} (${one})` : one}
              </option>
            ))}
          </select>
        </label>
        <label className="field inline">
          <span>{t.team}</span>
          <select value={team ?? ''} onChange={({ target }) => setTeam(target.value)}>
            <option value="">{t.all}</option>
            {(team !== null && !teams.includes(team) ? [team, ...teams] : teams).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <Answered of={deals} waiting={<Waiting lines={8} height={48} />}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t.emptyAll}>{t.emptyAllHelp}</Empty>
          ) : (
            <>
              {cut && <p className="help">{t.cut(count(all.length), count(cut.open))}</p>}
              <div className="board">
                {[...stages, ...ends].map((stage) => (
                  <Column
                    key={stage.id}
                    stage={stage}
                    deals={byStage.get(stage.id) ?? []}
                    head={cut?.stages.find((one) => one.stage === stage.id) ?? null}
                    dragged={dragged}
                    definition={definition}
                    now={now}
                    fixed={asOf !== null}
                    onLift={lift}
                    onLetGo={() => setDragged(null)}
                    onDrop={(id) => void drop(id, stage.id)}
                    onKey={onKey}
                  />
                ))}
              </div>
            </>
          )
        }
      </Answered>
      {form && <MoveForm view={form.view} move={form.move} definition={definition} onClose={() => setForm(null)} />}
      {choosing && (
        <Dialog
          title={t.waysOn(choosing.view.opportunity.account ?? choosing.view.opportunity.id)}
          onClose={() => setChoosing(null)}
        >
          {choosing.moves.length === 0 && <p>{t.nowhere}</p>}
          <ul className="stack">
            {choosing.moves.map((move, index) => (
              <li key={move.move}>
                <Button
                  fullWidth
                  variant={move.allowed ? 'filled' : 'default'}
                  data-autofocus={index === 0}
                  onClick={() => {
                    setChoosing(null);
                    make(choosing.view, move);
                  }}
                >
                  {sellers.deal.moveTo(move.label, labelOf(definition, move.to))}
                </Button>
                {!move.allowed && <p className="help">{move.blockers.map(({ say: what }) => what).join(' ')}</p>}
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}

const labelOf = ({ stages }: ProcessDefinition, stage: string): string => stages[stage]?.label ?? stage;

/** The card above, below, or beside: the focus goes there. */
function goTo(card: HTMLElement, key: string): void {
  const column = card.closest('.column')!;
  const cards = [...column.querySelectorAll<HTMLElement>('.card')];
  const at = cards.indexOf(card);
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    cards[at + (key === 'ArrowDown' ? 1 : -1)]?.focus();
    return;
  }
  const columns = [...document.querySelectorAll<HTMLElement>('.column')].filter((one) => one.querySelector('.card'));
  const next = columns[columns.indexOf(column as HTMLElement) + (key === 'ArrowRight' ? 1 : -1)];
  const others = next ? [...next.querySelectorAll<HTMLElement>('.card')] : [];
  others[Math.min(at, others.length - 1)]?.focus();
}

function Column({
  stage,
  deals,
  head,
  dragged,
  definition,
  now,
  fixed,
  onLift,
  onLetGo,
  onDrop,
  onKey,
}: {
  readonly stage: Stage;
  readonly deals: readonly DealRow[];
  /** What all deals here come to, where not all of them are cards. */
  readonly head: BoardSummary['stages'][number] | null;
  readonly dragged: Dragged | null;
  readonly definition: ProcessDefinition;
  readonly now: number;
  readonly fixed: boolean;
  readonly onLift: (deal: DealRow) => void;
  readonly onLetGo: () => void;
  readonly onDrop: (id: string) => void;
  readonly onKey: (event: KeyboardEvent, deal: DealRow) => void;
}): ReactNode {
  const scroller = useRef<HTMLUListElement>(null);
  const virtual = useVirtualizer({
    count: deals.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_PX,
    overscan: 6,
  });
  const isEnd = stage.result !== undefined;
  const ways = dragged?.moves?.filter(({ move, track, to }) => move !== null && track === null && to === stage.id) ?? [];
  const isOwn = dragged?.deal.stage === stage.id;
  const isShut = dragged !== null && dragged.moves !== null && ways.length === 0;
  const missing =
    ways.length > 0 && !ways.some(({ allowed }) => allowed) ? ways[0]!.blockers.map(({ say: what }) => what).join(' ') : null;
  const word =
    !dragged || dragged.moves === null
      ? null
      : isOwn
        ? t.same
        : isShut
          ? t.noWay(labelOf(definition, dragged.deal.stage), stage.label)
          : (missing ?? t.dropHere);
  const standing = head?.deals ?? deals.length;
  const total = head ? (head.value.amounts[0] ?? null) : sumOf(deals.map(({ amount }) => amount));
  return (
    <section
      className={`column ${isEnd ? 'end' : ''} ${isShut && !isOwn ? 'shut' : ''} ${dragged && ways.length > 0 ? 'open' : ''}`}
      aria-label={stage.label}
      onDragOver={(event: DragEvent) => {
        if (!isShut) event.preventDefault();
      }}
      onDrop={(event: DragEvent) => {
        event.preventDefault();
        onLetGo();
        if (!isOwn) onDrop(event.dataTransfer.getData('text/plain'));
      }}
    >
      <header>
        <h2>{stage.label}</h2>
        {!isEnd && (
          <p>
            {standing === 1 ? t.deal : t.deals(count(standing))}
            {total && <span title={money(total)}> · {money(total, 'short')}</span>}
          </p>
        )}
      </header>
      {word !== null && <p className="word">{word}</p>}
      {!isEnd && deals.length === 0 && <p className="dimmed">{t.empty}</p>}
      <ul ref={scroller} className="cards" aria-label={stage.label} tabIndex={-1}>
        <li aria-hidden="true" style={{ height: virtual.getTotalSize() }} />
        {virtual.getVirtualItems().map(({ index, start }) => {
          const deal = deals[index]!;
          return (
            <li key={deal.id} className="slot" style={{ transform: `translateY(${start}px)`, height: CARD_PX }}>
              <Card deal={deal} now={now} fixed={fixed} onLift={onLift} onLetGo={onLetGo} onKey={onKey} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Card({
  deal,
  now,
  fixed,
  onLift,
  onLetGo,
  onKey,
}: {
  readonly deal: DealRow;
  readonly now: number;
  readonly fixed: boolean;
  readonly onLift: (deal: DealRow) => void;
  readonly onLetGo: () => void;
  readonly onKey: (event: KeyboardEvent, deal: DealRow) => void;
}): ReactNode {
  const glows = useGlow(deal.id);
  const navigate = useNavigate();
  const asOf = useAsOf();
  return (
    <div
      className={`card ${deal.overdueSince === null ? '' : 'overdue'} ${glows ? 'glow' : ''}`}
      role="link"
      tabIndex={0}
      draggable={!fixed}
      onDragStart={(event) => {
        event.dataTransfer.setData('text/plain', deal.id);
        event.dataTransfer.effectAllowed = 'move';
        onLift(deal);
      }}
      onDragEnd={onLetGo}
      onClick={() => void navigate(withAsOf(`/deals/${encodeURIComponent(deal.id)}`, asOf))}
      onKeyDown={(event) => onKey(event, deal)}
    >
      <strong className="clip">{deal.account ?? deal.id}</strong>
      <span>
        {deal.amount === null ? <span className="dimmed">{t.noAmount}</span> : <Money amount={deal.amount} form="whole" />}
      </span>
      <small className="dimmed clip">
        {deal.overdueSince !== null && <span className="over">{t.overdue} · </span>}
        {t.inStage(lasting(daysSince(deal.stageSince, now)))} · {deal.owner}
      </small>
    </div>
  );
}
