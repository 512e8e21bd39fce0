import '../sellers/sellers.css';
import './auditors.css';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useHearing } from '../../api/live.js';
import type { DealEvent } from '../../api/auditors-types.js';
import type { StoredEvent } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Dialog } from '../../components/dialog.js';
import { Link } from '../../components/link.js';
import { Empty, Page, Panel, Waiting } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { count } from '../../format.js';
import { common } from '../../texts/common.js';
import { auditors } from '../../texts/auditors.js';
import { dealOf, storyOf, useDefinitionOf, useLog } from './asked.js';
import { isException, sentence } from './words.js';

const { log: t, types, find } = auditors;

/** The whole log, newest first, as it grows. */
export default function LogPage(): ReactNode {
  const [type, setType] = useUrlState('type');
  const [by, setBy] = useUrlState('by');
  const [deal, setDeal] = useUrlState('deal');
  const [paused, setPaused] = useUrlState('paused');
  const asOf = useAsOf();
  const hearing = useHearing();
  const log = useLog({ type, by, deal });
  const all = log.data?.pages.flatMap(({ items }) => items);
  // Whoever pauses goes on reading what was there; older ones may still be asked for.
  const top = useRef<string | null>(null);
  if (paused === null || top.current === null) top.current = all?.[0]?.position ?? top.current;
  const rows = all?.filter(({ position }) => paused === null || top.current === null || position <= top.current);
  const fresh = (all?.length ?? 0) - (rows?.length ?? 0);
  return (
    <Page
      wide
      title={t.title}
      lead={t.lead}
      actions={
        asOf === null ? (
          <>
            <span className="dimmed" role="status">
              {paused === null
                ? hearing === 'live'
                  ? `● ${t.live}`
                  : common.live[hearing === 'away' ? 'silent' : 'starting']
                : `${t.paused}${fresh > 0 ? `: ${t.fresh(count(fresh))}` : ''}`}
            </span>
            <Button variant={paused === null ? 'default' : 'filled'} onClick={() => setPaused(paused === null ? 'yes' : null)}>
              {paused === null ? t.pause : t.follow}
            </Button>
          </>
        ) : (
          <span className="dimmed">{t.past}</span>
        )
      }
    >
      <div className="row filters" role="search">
        <label className="field inline">
          <span>{t.type}</span>
          <select value={type ?? ''} onChange={({ target }) => setType(target.value)}>
            <option value="">{find.any}</option>
            {Object.entries(types).map(([id, words]) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <Exact label={t.by} value={by} onChange={setBy} />
        <Exact label={t.deal} value={deal} onChange={setDeal} />
      </div>
      <Panel title={t.title} className="log-panel">
        {log.error ? (
          <ProblemBox problem={log.error} again={() => void log.refetch()} />
        ) : rows === undefined ? (
          <Waiting lines={14} />
        ) : rows.length === 0 && !log.hasNextPage ? (
          <Empty title={t.empty}>{t.emptyHelp}</Empty>
        ) : (
          <>
            <p className="help">{t.shown(count(rows.length))}</p>
            <Rows rows={rows} />
            {log.hasNextPage && (
              <div className="row centre">
                <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                  {t.older}
                </Button>
              </div>
            )}
          </>
        )}
      </Panel>
    </Page>
  );
}

/** Asked for on Enter or when it is left, since it must be the whole name. */
function Exact({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}): ReactNode {
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => setTyped(value ?? ''), [value]);
  return (
    <label className="field inline">
      <span>{label}</span>
      <input
        type="search"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          if (target.value === '') onChange(null);
        }}
        onBlur={() => onChange(typed.trim())}
        onKeyDown={({ key }) => key === 'Enter' && onChange(typed.trim())}
      />
    </label>
  );
}

function Rows({ rows }: { readonly rows: readonly StoredEvent[] }): ReactNode {
  const [open, setOpen] = useUrlState('event');
  const definitionOf = useDefinitionOf(rows);
  const known = useRef<ReadonlySet<string> | null>(null);
  const fresh =
    known.current === null
      ? new Set<string>()
      : new Set(rows.filter(({ position }) => !known.current!.has(position)).map(({ position }) => position));
  useEffect(() => {
    known.current = new Set(rows.map(({ position }) => position));
  }, [rows]);
  const newest = rows[0]?.position;
  const shown = rows.find(({ position }) => position === open);
  return (
    <div className="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">{t.columns.position}</th>
            <th scope="col">{t.columns.when}</th>
            <th scope="col">{t.columns.stream}</th>
            <th scope="col">{t.columns.what}</th>
            <th scope="col">{t.columns.who}</th>
            <th scope="col">
              <span className="unseen">{t.raw}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { position, stream, revision, type, recordedAt, data } = row;
            const deal = dealOf(stream);
            const event: DealEvent = { ...(data as unknown as DealEvent), type };
            return (
              <tr key={position} className={fresh.has(position) && position >= (newest ?? '') ? 'glow' : ''}>
                <td className="position">{position.replace(/^0+/, '')}</td>
                <td>
                  <Instant at={recordedAt} />
                </td>
                <td>{deal === null ? stream : <Link to={storyOf(deal, revision)}>{deal}</Link>}</td>
                <td className={deal !== null && isException(event) ? 'wrong' : ''}>
                  {deal === null ? ofNoDeal(type, data) : sentence(event, definitionOf(row))}
                </td>
                <td>{data.by ?? '–'}</td>
                <td>
                  <button type="button" className="plain" aria-label={t.rawButton(position)} onClick={() => setOpen(position)}>
                    {t.rawShort}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {shown && (
        <Dialog title={t.rawOf(shown.position)} size="wide" onClose={() => setOpen(null)}>
          <pre className="raw scrolls" tabIndex={0} aria-label={t.raw}>
            {JSON.stringify(shown, null, 2)}
          </pre>
        </Dialog>
      )}
    </div>
  );
}

/** Of a process or a plan: what it is about, as far as it says so. */
function ofNoDeal(type: string, data: StoredEvent['data']): string {
  const about = ['process', 'version', 'draft', 'period', 'group', 'owner', 'team', 'deal', 'note'].flatMap((name) => {
    const value = data[name];
    return typeof value === 'string' || typeof value === 'number'
      ? [name === 'version' || name === 'draft' ? `${name} ${value}` : value]
      : [];
  });
  return [types[type] ?? type, about.join(', ')].filter((part) => part !== '').join(': ');
}
