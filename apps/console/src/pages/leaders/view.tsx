import './leaders.css';
import { useMemo, type ReactNode } from 'react';
import type { Grouping, Rate, ShareWithin, Value } from '../../api/leaders-types.js';
import { useProcesses, useProcessVersion } from '../../api/queries.js';
import type { Money as Amount, ProcessDefinition, PublishedProcess } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Figure, Link } from '../../components/link.js';
import { Empty, Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { count, day, money, share } from '../../format.js';
import { common } from '../../texts/common.js';
import { leaders } from '../../texts/leaders.js';
import { preferred } from '../sellers/chosen.js';
import { comparedTo, dayText, dayIn, windowOf, WINDOWS, type Span, type WindowName } from './period.js';

/** What the leaders' pages have in common: what is looked at, kept in the address, and how figures are shown. */

const t = leaders.view;

/** What a page looks at. */
export interface View {
  readonly process: PublishedProcess;
  readonly definition: ProcessDefinition | undefined;
  readonly window: Span;
  /** What the window is held against; null where it is not. */
  readonly before: Span | null;
  readonly by: Grouping | null;
  readonly period: 'month' | 'quarter';
  /** The day that is today, or that is looked back to. */
  readonly today: string;
  readonly stage: (id: string) => string;
}

export type Filter = 'window' | 'compare' | 'by' | 'period';

/** The frame of a leaders' page: its title, what it looks at, and the page once it is known which process is meant. */
export function LeadersPage({
  title,
  lead,
  filters,
  groupings = ['team', 'owner', 'source', 'origin', 'version'],
  more,
  usualWindow = 'year',
  usualPeriod = 'quarter',
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly filters: readonly Filter[];
  readonly groupings?: readonly Grouping[];
  readonly more?: (view: View) => ReactNode;
  readonly usualWindow?: WindowName;
  readonly usualPeriod?: 'month' | 'quarter';
  readonly children: (view: View) => ReactNode;
}): ReactNode {
  const processes = useProcesses();
  return (
    <Answered of={processes} waiting={<Page title={title}>{null}</Page>}>
      {({ items }) =>
        items.length === 0 ? (
          <Page title={title} lead={lead}>
            <Empty title={common.noProcess.title}>{common.noProcess.help}</Empty>
          </Page>
        ) : (
          <Chosen {...{ title, lead, filters, groupings, more, usualWindow, usualPeriod, items, children }} />
        )
      }
    </Answered>
  );
}

/** What stands where nothing happened in the window. History that was brought in may lie long before the usual one. */
export function NothingInWindow({ title }: { readonly title: string }): ReactNode {
  const [window, setWindow] = useUrlState('window');
  if (window === 'all') return <Empty title={title} />;
  return (
    <Empty
      title={title}
      action={
        <button type="button" className="plain" onClick={() => setWindow('all')}>
          {t.allTheTime}
        </button>
      }
    >
      {t.longer}
    </Empty>
  );
}

function Chosen({
  title,
  lead,
  filters,
  groupings,
  more,
  usualWindow,
  usualPeriod,
  items,
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly filters: readonly Filter[];
  readonly groupings: readonly Grouping[];
  readonly more: ((view: View) => ReactNode) | undefined;
  readonly usualWindow: WindowName;
  readonly usualPeriod: 'month' | 'quarter';
  readonly items: readonly PublishedProcess[];
  readonly children: (view: View) => ReactNode;
}): ReactNode {
  const asOf = useAsOf();
  const [said, setProcess] = useUrlState('process');
  const [window, setWindow] = useUrlState('window');
  const [from, setFrom] = useUrlState('from');
  const [to, setTo] = useUrlState('to');
  const [compare, setCompare] = useUrlState('compare');
  const [by, setBy] = useUrlState('by');
  const [period, setPeriod] = useUrlState('period');
  const process = items.find(({ id }) => id === said) ?? preferred(items) ?? items[0]!;
  const version = useProcessVersion(process.id, process.version);
  const today = dayText(asOf === null ? Date.now() : Date.parse(asOf));
  const definition = version.data?.definition;
  const name = WINDOWS.find((one) => one === window) ?? usualWindow;
  const view = useMemo((): View => {
    const span = windowOf(name, today, { from: dayIn(from), to: dayIn(to) });
    return {
      process,
      definition,
      window: filters.includes('window') ? span : { from: null, to: null },
      before: comparedTo(span, compare, today),
      by: groupings.find((one) => one === by) ?? null,
      period: period === 'month' || period === 'quarter' ? period : usualPeriod,
      today,
      stage: (id) => definition?.stages[id]?.label ?? id,
    };
    // The filters and groupings of a page never change.
  }, [process, definition, name, from, to, compare, by, period, today]);
  return (
    <Page title={title} lead={lead}>
      <div className="looks" role="group" aria-label={t.lookAt}>
        {items.length > 1 && (
          <Choose label={t.process} value={process.id} set={setProcess} of={items.map(({ id, title: label }) => [id, label])} />
        )}
        {filters.includes('window') && (
          <Choose
            label={t.window}
            value={name}
            set={(next) => setWindow(next === usualWindow ? null : next)}
            of={WINDOWS.map((one) => [one, t.windows[one]])}
          />
        )}
        {filters.includes('window') && name === 'own' && (
          <>
            <PickDay label={t.from} value={from} set={setFrom} max={today} />
            <PickDay label={t.to} value={to} set={setTo} />
          </>
        )}
        {filters.includes('compare') && (
          <Choose
            label={t.compare}
            value={compare ?? ''}
            set={setCompare}
            of={[
              ['', t.compareNone],
              ['previous', t.comparePrevious],
              ['year', t.compareYear],
            ]}
          />
        )}
        {filters.includes('period') && (
          <Choose
            label={t.period}
            value={view.period}
            set={(next) => setPeriod(next === usualPeriod ? null : next)}
            of={[
              ['month', t.month],
              ['quarter', t.quarter],
            ]}
          />
        )}
        {filters.includes('by') && (
          <Choose
            label={t.by}
            value={view.by ?? ''}
            set={setBy}
            of={[['', t.byNone], ...groupings.map((one) => [one, t.groupings[one]] as const)]}
          />
        )}
        {more?.(view)}
        <button type="button" className="plain no-print" onClick={() => globalThis.print()}>
          {t.print}
        </button>
      </div>
      {compare !== null && filters.includes('compare') && view.window.from === null && (
        <p className="help">{t.compareNeedsStart}</p>
      )}
      {children(view)}
    </Page>
  );
}

export function Choose({
  label,
  value,
  set,
  of,
}: {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string | null) => void;
  readonly of: readonly (readonly [value: string, label: string])[];
}): ReactNode {
  return (
    <label className="look">
      <span>{label}</span>
      <select value={value} onChange={(event) => set(event.target.value === '' ? null : event.target.value)}>
        {of.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

export function PickDay({
  label,
  value,
  set,
  max,
}: {
  readonly label: string;
  readonly value: string | null;
  readonly set: (value: string | null) => void;
  readonly max?: string;
}): ReactNode {
  return (
    <label className="look">
      <span>{label}</span>
      <input
        type="date"
        value={value ?? ''}
        max={max}
        onChange={(event) => set(event.target.value === '' ? null : event.target.value)}
      />
    </label>
  );
}

/** The deals that a figure of a measure counts, as an address of this console. */
export function behind(
  measure: string,
  { process, window, by }: Pick<View, 'process' | 'window'> & { readonly by?: Grouping | null },
  words: Readonly<Record<string, string | null | undefined>>,
): string {
  const search = new URLSearchParams({ process: process.id });
  if (window.from !== null) search.set('from', window.from);
  if (window.to !== null) search.set('to', window.to);
  if (by) search.set('by', by);
  for (const [name, value] of Object.entries(words))
    if (value !== undefined && (value !== null || name === 'group')) search.set(name, value ?? '');
  if (!by) search.delete('group');
  return `/behind/${measure}?${search.toString()}`;
}

/** The steps behind a figure, where auditors look for them. */
export function stepsPath(
  { process, window }: Pick<View, 'process' | 'window'>,
  words: Readonly<Record<string, string>>,
): string {
  const search = new URLSearchParams({ process: process.id, ...words });
  if (window.from !== null) search.set('from', window.from);
  if (window.to !== null) search.set('to', window.to);
  return `/audit/steps?${search.toString()}`;
}

/** Where the targets that were set stand, as events. */
export const TARGETS = '/audit/log?type=TargetSet';

/** At most so many deals are named in an address; the service takes no more. */
const MOST_NAMED = 500;

/** These very deals, as a list. Undefined where there are none, or too many to name. */
export const dealsPath = (ids: readonly string[]): string | undefined =>
  ids.length === 0 || ids.length > MOST_NAMED ? undefined : `/deals?ids=${ids.map(encodeURIComponent).join(',')}`;

export const dealPath = (id: string): string => `/deals/${encodeURIComponent(id)}`;
/** Where the events of a deal stand. */
export const recordPath = (id: string): string => `/audit/deals/${encodeURIComponent(id)}`;

export const DealLink = ({ id }: { readonly id: string }): ReactNode => <Link to={dealPath(id)}>{id}</Link>;

// ------------------------------------------------------------------------------------------------------------ figures

/** "24 to 40 %"; nothing where it is not known. */
export const between = (low: number | null, high: number | null): string =>
  low === null || high === null ? '' : t.between(share(low).replace(/\s?%$/, ''), share(high));

export const daysShown = (days: number | null | undefined): string =>
  days === null || days === undefined
    ? '–'
    : new Intl.NumberFormat(undefined, { maximumFractionDigits: days < 10 ? 1 : 0 }).format(days);

/** A share with what it is a share of, and how sure it is. */
export function RateShown({ rate, to, of }: { readonly rate: Rate; readonly to?: string; readonly of: string }): ReactNode {
  if (rate.of === 0) return <span className="rate dimmed">{t.noneToCount}</span>;
  return (
    <span className="rate">
      {to === undefined ? (
        <strong>{share(rate.rate)}</strong>
      ) : (
        <Figure to={to} of={of}>
          {share(rate.rate)}
        </Figure>
      )}{' '}
      <small>
        {t.countOf(count(rate.count), count(rate.of))}
        {rate.low !== null && <> · {between(rate.low, rate.high)}</>}
      </small>
    </span>
  );
}

/** A share told up to an age, or why it is not. */
export function ShareShown({
  share: one,
  why,
}: {
  readonly share: Omit<ShareWithin, 'days'> | undefined;
  readonly why?: string | null;
}): ReactNode {
  if (!one || one.share === null)
    return (
      <span className="rate dimmed" title={why ?? t.tooFew}>
        {t.notYet}
      </span>
    );
  return (
    <span className="rate">
      <strong>{share(one.share)}</strong> <small>{between(one.low, one.high)}</small>
      <Interval low={one.low} high={one.high} at={one.share} />
    </span>
  );
}

/** The same as a picture: a line from 0 to 100 %, the interval on it, and the figure. */
export function Interval({
  low,
  high,
  at,
}: {
  readonly low: number | null;
  readonly high: number | null;
  readonly at: number | null;
}): ReactNode {
  if (low === null || high === null || at === null) return null;
  return (
    <span className="interval" aria-hidden="true">
      <span style={{ left: `${low * 100}%`, width: `${Math.max(1, (high - low) * 100)}%` }} />
      <i style={{ left: `${at * 100}%` }} />
    </span>
  );
}

/** A difference of two shares in points, with its sign. */
export const points = (difference: number): string =>
  t.points(new Intl.NumberFormat(undefined, { maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(difference * 100));

export const signed = (amount: Amount | null, form: 'whole' | 'short' = 'short'): string =>
  amount === null ? '–' : `${amount.minor > 0 ? '+\u2060' : ''}${money(amount, form)}`;

/** The sums of a value, a currency each. */
export const valueText = ({ amounts }: { readonly amounts: readonly Amount[] }, form: 'whole' | 'short' = 'short'): string =>
  amounts.length === 0 ? '–' : amounts.map((one) => money(one, form)).join(' + ');

export function ValueShown({ value }: { readonly value: Value }): ReactNode {
  return (
    <span title={valueText(value, 'whole')}>
      {valueText(value)}
      {value.withoutAmount > 0 && <small className="dimmed"> {t.withoutAmount(count(value.withoutAmount))}</small>}
    </span>
  );
}

/** The amount in one currency; null where there is none. */
export const inCurrency = (amounts: readonly Amount[] | null | undefined, currency: string | undefined): Amount | null =>
  amounts?.find((one) => one.currency === currency) ?? null;

/** One figure that leads, with what it rests on. */
export function Tile({
  label,
  value,
  note,
  to,
  tone,
  waiting = false,
}: {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly to?: string | undefined;
  readonly tone?: 'good' | 'bad';
  /** Its figure is on its way: a dash would say that there is none. */
  readonly waiting?: boolean;
}): ReactNode {
  if (waiting)
    return (
      <div className="tile">
        <span className="tile-label">{label}</span>
        <Waiting lines={2} />
      </div>
    );
  return (
    <div className={`tile ${tone ?? ''}`}>
      <span className="tile-label">{label}</span>
      <span className="tile-value">
        {to === undefined ? (
          value
        ) : (
          <Figure to={to} of={label}>
            {value}
          </Figure>
        )}
      </span>
      {note && <span className="tile-note">{note}</span>}
    </div>
  );
}

export const spanText = ({ from, to }: Span): string =>
  from === null ? (to === null ? t.always : t.until(day(to))) : to === null ? t.since(day(from)) : t.fromTo(day(from), day(to));

export const groupText = (group: string | null): string => group ?? t.noGroup;

/** Chooses one group of an answer; kept in the address. */
export function useGroup<Group extends { readonly group: string | null }>(
  groups: readonly Group[],
): readonly [Group | undefined, (group: string | null) => void] {
  const [said, set] = useUrlState('group');
  return [groups.find(({ group }) => (group ?? '-') === said) ?? groups[0], (group) => set(group ?? '-')];
}
