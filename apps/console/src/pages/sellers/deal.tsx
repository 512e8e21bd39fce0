import './sellers.css';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useParams } from 'react-router';
import { handOver, logActivity, recordFacts } from '../../api/changes.js';
import { useGlow } from '../../api/live.js';
import { useApi, useDeal, useMoves, useProcessVersion, useRefresh } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { Deal, DealView, Page as PageOf, PossibleMove, ProcessDefinition, StoredEvent } from '../../api/types.js';
import { useAsOf, useNow } from '../../as-of.js';
import { FormDialog } from '../../components/form-dialog.js';
import { Link } from '../../components/link.js';
import { Machine } from '../../components/machine.js';
import { Missing } from '../../components/missing.js';
import { say } from '../../components/notices.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { Instant, Money } from '../../components/shown.js';
import { apart, count, day, fact } from '../../format.js';
import { common } from '../../texts/common.js';
import { sellers } from '../../texts/sellers.js';
import { FactInput, factOf, typedOf } from './fact-input.js';
import { fieldsAsked, MoveForm, useMover } from './move-form.js';
import { placeAfter } from './way.js';

const { deal: t } = sellers;

/** One deal: where it stands, what comes next and what that needs, and everything known of it. */
export default function DealPage(): ReactNode {
  const { id = '' } = useParams();
  const deal = useDeal(id);
  const version = useProcessVersion(deal.data?.opportunity.process.id, deal.data?.opportunity.process.version);
  return (
    <Answered
      of={deal}
      waiting={
        <Page title={id}>
          <Waiting lines={8} />
        </Page>
      }
    >
      {(view) =>
        version.data ? (
          <Known view={view} definition={version.data.definition} />
        ) : (
          <Page title={view.opportunity.account ?? id}>
            {version.error ? <ProblemBox problem={version.error} /> : <Waiting lines={8} />}
          </Page>
        )
      }
    </Answered>
  );
}

function Known({ view, definition }: { readonly view: DealView; readonly definition: ProcessDefinition }): ReactNode {
  const { opportunity: deal } = view;
  const [form, setForm] = useState<'facts' | 'owner' | null>(null);
  const glows = useGlow(deal.id);
  const past = useAsOf() !== null;
  const amount = deal.facts['amount']?.value;
  const closes = deal.facts['closeDate']?.value;
  return (
    <Page
      title={deal.account ?? deal.id}
      lead={
        <>
          {deal.account === null ? '' : `${deal.id} · `}
          {t.version(definition.title, deal.process.version)}
          {deal.result !== null && <span className={`tag ${deal.result}`}>{deal.result === 'won' ? t.won : t.lost}</span>}
        </>
      }
      actions={
        !past && (
          <>
            <Button variant="default" onClick={() => setForm('facts')}>
              {t.editFacts}
            </Button>
            <Button variant="default" onClick={() => setForm('owner')}>
              {t.handOver}
            </Button>
          </>
        )
      }
    >
      <dl className={glows ? 'facts-row glow' : 'facts-row'}>
        <Said what={t.amount}>{typeof amount === 'object' ? <Money amount={amount} /> : '–'}</Said>
        <Said what={t.close}>{typeof closes === 'string' ? day(closes) : '–'}</Said>
        <Said what={t.owner}>
          <Link to={`/deals?owner=${encodeURIComponent(deal.owner)}`}>{deal.owner}</Link>
          {deal.team === null ? '' : `, ${deal.team}`}
        </Said>
        <Said what={t.captured}>
          <Instant at={deal.capturedAt} />
        </Said>
      </dl>
      <Path deal={deal} definition={definition} />
      <div className="two">
        <div>
          <Next view={view} definition={definition} />
          {Object.keys(deal.tracks).length > 0 && <Tracks deal={deal} definition={definition} />}
          <Activities deal={deal} />
        </div>
        <div>
          <Panel title={t.facts}>
            <Facts deal={deal} definition={definition} />
          </Panel>
          <Limits deal={deal} definition={definition} from={view.asOf} />
          <Linked deal={deal} />
          <Panel
            title={t.record}
            aside={<Link to={`/audit/deals/${encodeURIComponent(deal.id)}`}>{t.events(count(deal.events))}</Link>}
          >
            {null}
          </Panel>
        </div>
      </div>
      {form === 'facts' && <FactsForm view={view} definition={definition} onClose={() => setForm(null)} />}
      {form === 'owner' && <OwnerForm view={view} onClose={() => setForm(null)} />}
    </Page>
  );
}

const Said = ({ what, children }: { readonly what: string; readonly children: ReactNode }): ReactNode => (
  <div>
    <dt>{what}</dt>
    <dd>{children}</dd>
  </div>
);

function Path({ deal, definition }: { readonly deal: Deal; readonly definition: ProcessDefinition }): ReactNode {
  const [map, setMap] = useState(false);
  const stages = Object.values(definition.stages).filter(
    ({ id, phase }) => phase !== 'customer' || deal.phase === 'customer' || id === deal.stage,
  );
  return (
    <Panel
      title={t.path}
      aside={
        <button type="button" className="plain" aria-expanded={map} onClick={() => setMap(!map)}>
          {map ? t.noMap : t.map}
        </button>
      }
    >
      <ol className="path">
        {stages.map(({ id, label }) => (
          <li key={id} className={id === deal.stage ? 'here' : ''} aria-current={id === deal.stage ? 'step' : undefined}>
            {label}
            {id === deal.stage && (
              <small>
                {' '}
                {t.here}, <Instant at={deal.stageSince} relative />
              </small>
            )}
          </li>
        ))}
      </ol>
      {map && <Machine definition={definition} here={deal.stage} />}
    </Panel>
  );
}

function Next({ view, definition }: { readonly view: DealView; readonly definition: ProcessDefinition }): ReactNode {
  const moves = useMoves(view.opportunity.id);
  const past = useAsOf() !== null;
  const [open, setOpen] = useState<PossibleMove | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const mover = useMover();
  const make = (move: PossibleMove): void => {
    setProblem(null);
    if (
      !move.allowed ||
      fieldsAsked(move, definition, view.opportunity.stage).some((name) => view.opportunity.facts[name] === undefined)
    ) {
      setOpen(move);
      return;
    }
    mover(view, move, definition).catch(setProblem);
  };
  return (
    <Panel title={t.next}>
      {problem !== null && <ProblemBox problem={problem} />}
      <Answered of={moves}>
        {({ moves: all }) =>
          all.length === 0 ? (
            <Empty title={t.noMoves} />
          ) : (
            <ul className="moves">
              {forward(all, definition).map((move) => (
                <li key={move.move ?? move.label} className={move.allowed ? 'allowed' : 'blocked'}>
                  <div className="row">
                    <strong>{move.label}</strong>
                    <span className="dimmed">{t.toStage(placeAfter(move, definition, view.opportunity.stage))}</span>
                    <span className="grow" />
                    {move.move !== null && !past && !move.blockers.some(({ kind }) => kind === 'role') && (
                      <Button
                        size="compact-sm"
                        variant={move.allowed && !isLoss(move, definition) ? 'filled' : 'default'}
                        onClick={() => make(move)}
                      >
                        {move.allowed ? move.label : t.fill}
                      </Button>
                    )}
                  </div>
                  {move.allowed ? <p className="ready">✓ {t.ready}</p> : <Missing blockers={move.blockers} />}
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
      {open && <MoveForm view={view} move={open} definition={definition} onClose={() => setOpen(null)} />}
    </Panel>
  );
}

/** The ways on as somebody looks for them: towards the win first, a loss last. */
const forward = (moves: readonly PossibleMove[], definition: ProcessDefinition): readonly PossibleMove[] =>
  moves.toSorted((a, b) => Number(isLoss(a, definition)) - Number(isLoss(b, definition)));

const isLoss = ({ to, track }: PossibleMove, { stages }: ProcessDefinition): boolean =>
  track === null && stages[to]?.result === 'lost';

function Tracks({ deal, definition }: { readonly deal: Deal; readonly definition: ProcessDefinition }): ReactNode {
  const stage = definition.stages[deal.stage];
  return (
    <Panel title={t.tracks} help={t.tracksHelp}>
      {Object.values(stage?.tracks ?? {}).map((track) => (
        <div key={track.id} className="track">
          <strong>{track.label}</strong>
          <ol className="path small">
            {Object.values(track.stages).map(({ id, label, done }) => {
              const here = (deal.tracks[track.id] ?? track.start) === id;
              return (
                <li key={id} className={here ? 'here' : ''} aria-current={here ? 'step' : undefined}>
                  {label}
                  {here && done && <small> ✓ {t.done}</small>}
                </li>
              );
            })}
          </ol>
        </div>
      ))}
    </Panel>
  );
}

function Facts({ deal, definition }: { readonly deal: Deal; readonly definition: ProcessDefinition }): ReactNode {
  const now = useNow();
  const known = Object.values(definition.fields).filter(({ name }) => deal.facts[name] !== undefined);
  if (known.length === 0) return <Empty title={t.noFacts} />;
  return (
    <dl className="facts">
      {known.map((field) => {
        const { value, by, at } = deal.facts[field.name]!;
        return (
          <div key={field.name}>
            <dt>{field.label}</dt>
            <dd>
              {fact(value, field)} <small className="dimmed">{t.factBy(by, apart(at, now))}</small>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Limits({
  deal,
  definition,
  from,
}: {
  readonly deal: Deal;
  readonly definition: ProcessDefinition;
  readonly from: string;
}): ReactNode {
  const limits = Object.entries(deal.limits);
  return (
    <Panel title={t.limits}>
      {limits.length === 0 && <p className="dimmed">{t.noLimits}</p>}
      <ul>
        {limits.map(([name, { dueAt, tell }]) => {
          const over = dueAt <= from;
          const [stage = '', track, place] = name.split('/');
          const at = definition.stages[stage];
          const label = track === undefined || place === undefined ? at?.label : at?.tracks[track]?.stages[place]?.label;
          return (
            <li key={name} className={over ? 'over' : ''}>
              {label ?? name} {over ? t.limitUp(apart(dueAt, Date.parse(from))) : t.limitDue(apart(dueAt, Date.parse(from)))}
              <span className="dimmed">, {t.tells(tell.join(', '))}</span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Linked({ deal }: { readonly deal: Deal }): ReactNode {
  if (deal.openedFrom === null && deal.opened.length === 0) return null;
  const to = (id: string): string => `/deals/${encodeURIComponent(id)}`;
  return (
    <Panel title={t.linked}>
      <ul>
        {deal.openedFrom && (
          <li>
            {t.openedFrom} <Link to={to(deal.openedFrom.deal)}>{deal.openedFrom.deal}</Link>
          </li>
        )}
        {deal.opened.map((id) => (
          <li key={id}>
            {t.opened} <Link to={to(id)}>{id}</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Activities({ deal }: { readonly deal: Deal }): ReactNode {
  const asOf = useAsOf();
  const past = asOf !== null;
  const events = useApi<PageOf<StoredEvent>>(
    `/v1/opportunities/${encodeURIComponent(deal.id)}/events`,
    { limit: 500 },
    { timeless: true },
  );
  const refresh = useRefresh();
  const [kind, setKind] = useState<string>(t.kinds[0]);
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<unknown>(null);
  const log = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      await logActivity(deal.id, kind, note.trim() === '' ? null : note.trim());
      setNote('');
      setProblem(null);
      await refresh(deal.id);
      say(t.logged);
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Panel title={t.activities}>
      {!past && (
        <form className="row log" onSubmit={(event) => void log(event)}>
          <label className="field">
            <span className="unseen">{t.kind}</span>
            <select value={kind} onChange={({ target }) => setKind(target.value)}>
              {t.kinds.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label className="field grow">
            <span className="unseen">{t.note}</span>
            <input value={note} placeholder={t.note} onChange={({ target }) => setNote(target.value)} />
          </label>
          <Button type="submit" variant="default">
            {t.log}
          </Button>
        </form>
      )}
      {problem !== null && <ProblemBox problem={problem} />}
      <Answered of={events}>
        {({ items }) => {
          const done = items
            .filter(({ type, recordedAt }) => type === 'ActivityLogged' && (asOf === null || recordedAt <= asOf))
            .toReversed();
          if (done.length === 0) return <Empty title={t.noActivities} />;
          return (
            <ul className="timeline">
              {done.slice(0, 30).map(({ position, data }) => (
                <li key={position}>
                  <strong>{data['kind'] as string}</strong> {typeof data['note'] === 'string' && data['note']}
                  <small className="dimmed">
                    {' '}
                    {data.by}, {data.occurredAt && <Instant at={data.occurredAt} relative />}
                  </small>
                </li>
              ))}
            </ul>
          );
        }}
      </Answered>
    </Panel>
  );
}

function FactsForm({
  view,
  definition,
  onClose,
}: {
  readonly view: DealView;
  readonly definition: ProcessDefinition;
  readonly onClose: () => void;
}): ReactNode {
  const { opportunity: deal, revision } = view;
  const fields = Object.values(definition.fields);
  const before = Object.fromEntries(fields.map(({ name }) => [name, typedOf(deal.facts[name]?.value)]));
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>(before);
  const refresh = useRefresh();
  const save = async (): Promise<void> => {
    const changed = fields.filter(({ name }) => typed[name] !== before[name]);
    const facts = Object.fromEntries(
      changed.map((field) => [field.name, factOf(typed[field.name] ?? '', field, definition.currency)]),
    );
    if (changed.length > 0) await recordFacts(deal.id, revision, facts);
    await refresh(deal.id);
    say(t.saved);
  };
  return (
    <FormDialog title={t.editFacts} submit={common.save} onSend={save} onClose={onClose}>
      {fields.map((field) => (
        <FactInput
          key={field.name}
          field={field}
          typed={typed[field.name] ?? ''}
          currency={definition.currency}
          onType={(text) => setTyped({ ...typed, [field.name]: text })}
        />
      ))}
    </FormDialog>
  );
}

function OwnerForm({
  view: { opportunity: deal, revision },
  onClose,
}: {
  readonly view: DealView;
  readonly onClose: () => void;
}): ReactNode {
  const me = useMe();
  const [owner, setOwner] = useState(deal.owner === me.name ? '' : me.name);
  const refresh = useRefresh();
  const save = async (): Promise<void> => {
    await handOver(deal.id, revision, owner.trim());
    await refresh(deal.id);
    say(t.handedOver(owner.trim()));
  };
  return (
    <FormDialog title={t.handOver} submit={t.handOver} ready={owner.trim() !== ''} onSend={save} onClose={onClose}>
      <label className="field">
        <span>{t.newOwner}</span>
        <input value={owner} onChange={({ target }) => setOwner(target.value)} />
      </label>
    </FormDialog>
  );
}
