import { useMemo, type ReactNode } from 'react';
import type { CycleTimeAnswer, CycleTimeGroup, StageTime, TimeToWon } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { useUrlState } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Figure } from '../../components/link.js';
import { Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table, type Column } from '../../components/table.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import {
  behind,
  between,
  Choose,
  daysShown,
  groupText,
  LeadersPage,
  NothingInWindow,
  spanText,
  Tile,
  useGroup,
  type View,
} from './view.js';

const t = leaders.cycle;
const STARTS = ['leadToWon', 'qualifiedToWon'] as const;
type Start = (typeof STARTS)[number];

/** How long deals take, with those that are still open. */
export default function CycleTime(): ReactNode {
  const [said, setStart] = useUrlState('start');
  const start = STARTS.find((one) => one === said) ?? 'leadToWon';
  return (
    <LeadersPage
      title={t.title}
      lead={t.lead}
      filters={['window', 'compare', 'by']}
      more={() => (
        <Choose
          label={t.start}
          value={start}
          set={(next) => setStart(next === 'leadToWon' ? null : next)}
          of={STARTS.map((one) => [one, t.starts[one]])}
        />
      )}
    >
      {(view) => <Asked view={view} start={start} />}
    </LeadersPage>
  );
}

function Asked({ view, start }: { readonly view: View; readonly start: Start }): ReactNode {
  const { process, window, before, by } = view;
  const answer = useApi<CycleTimeAnswer>('/v1/measures/cycle-time', { process: process.id, ...window, by }, { keep: true });
  const earlier = useApi<CycleTimeAnswer>(
    '/v1/measures/cycle-time',
    { process: process.id, ...before, by },
    { enabled: before !== null, keep: true },
  );
  return (
    <Answered of={answer} waiting={<Waiting lines={8} height={48} />}>
      {(now) => <Shown view={view} start={start} now={now} earlier={before === null ? undefined : earlier.data} />}
    </Answered>
  );
}

function Shown({
  view,
  start,
  now,
  earlier,
}: {
  readonly view: View;
  readonly start: Start;
  readonly now: CycleTimeAnswer;
  readonly earlier: CycleTimeAnswer | undefined;
}): ReactNode {
  const [group, setGroup] = useGroup(now.groups);
  if (!group || group[start].deals === 0) return <NothingInWindow title={t.none} />;
  const before = earlier?.groups.find((one) => one.group === group.group);
  return (
    <>
      {now.by !== null && (
        <div className="looks">
          <Choose
            label={leaders.view.group}
            value={group.group ?? '-'}
            set={setGroup}
            of={now.groups.map((one) => [one.group ?? '-', groupText(one.group)])}
          />
        </div>
      )}
      <Tiles view={view} start={start} time={group[start]} before={before?.[start]} group={group.group} />
      <p className="help">{t.help}</p>
      <Panel title={t.curve(t.starts[start])} className="titled">
        <Curve start={start} time={group[start]} before={before?.[start]} span={view.before ? spanText(view.before) : ''} />
      </Panel>
      {now.by !== null && (
        <Panel title={t.groups(t.starts[start])}>
          <Groups view={view} now={now} earlier={earlier} start={start} />
        </Panel>
      )}
      <Panel title={t.stages} help={t.visitsNote}>
        <StageBars stages={group.stages} />
        <Stages view={view} stages={group.stages} before={before?.stages} group={group.group} />
      </Panel>
    </>
  );
}

const wordsOf = (start: Start, group: string | null, outcome?: string) => ({ part: start, outcome, group });

function Tiles({
  view,
  start,
  time,
  before,
  group,
}: {
  readonly view: View;
  readonly start: Start;
  readonly time: TimeToWon;
  readonly before: TimeToWon | undefined;
  readonly group: string | null;
}): ReactNode {
  const words = t.tiles;
  const shown = (days: number | null): string => (days === null ? words.notKnown : words.days(daysShown(days)));
  const held = (days: number | null | undefined): string =>
    before === undefined
      ? ''
      : `${t.before}: ${days === null || days === undefined ? words.notKnown : words.days(daysShown(days))}`;
  return (
    <div className="tiles">
      <Tile
        label={words.median}
        value={shown(time.medianDays)}
        note={
          <>
            {time.medianDays === null ? time.why : null} {held(before?.medianDays)}
          </>
        }
        to={behind('cycle-time', view, wordsOf(start, group, 'won'))}
      />
      <Tile
        label={words.p85}
        value={shown(time.p85Days)}
        note={
          <>
            {time.p85Days === null ? time.why : null} {held(before?.p85Days)}
          </>
        }
        to={behind('cycle-time', view, wordsOf(start, group, 'won'))}
      />
      <Tile
        label={words.naive}
        value={shown(time.naive.medianDays)}
        note={leaders.view.deals(count(time.naive.of))}
        to={behind('cycle-time', view, wordsOf(start, group, 'won'))}
      />
      <Tile
        label={words.deals}
        value={count(time.deals)}
        note={words.dealsNote(count(time.won), count(time.lost), count(time.open))}
        to={behind('cycle-time', view, wordsOf(start, group))}
      />
    </div>
  );
}

function Curve({
  start,
  time,
  before,
  span,
}: {
  readonly start: Start;
  readonly time: TimeToWon;
  readonly before: TimeToWon | undefined;
  readonly span: string;
}): ReactNode {
  const rows = time.wonWithin;
  const option = useMemo(() => {
    const from = [0, 0] as const;
    const line = (of: TimeToWon): (readonly [number, number])[] => [
      from,
      ...of.wonWithin.flatMap(({ days, share: one }) => (one === null ? [] : [[days, one] as const])),
    ];
    const known = rows.flatMap(({ days, low, high }) => (low === null || high === null ? [] : [{ days, low, high }]));
    const top = Math.max(0.1, ...known.map(({ high }) => high));
    return {
      legend: { top: 0, data: [t.won, t.range, ...(before ? [t.before] : [])] },
      grid: { left: 8, right: 24, top: 40, bottom: 24, containLabel: true },
      tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? share(value, 1) : '–') },
      xAxis: { type: 'value', name: leaders.funnel.ageDays(''), nameLocation: 'middle', nameGap: 26, min: 0 },
      yAxis: {
        type: 'value',
        min: 0,
        max: Math.min(1, Math.ceil(top * 10) / 10),
        axisLabel: { formatter: (value: number) => share(value) },
      },
      series: [
        {
          name: t.low,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          silent: true,
          tooltip: { show: false },
          data: [from, ...known.map(({ days, low }) => [days, low])],
        },
        {
          name: t.range,
          type: 'line',
          stack: 'range',
          symbol: 'none',
          lineStyle: { opacity: 0 },
          itemStyle: { color: '#0e8aa8' },
          areaStyle: { color: '#0e8aa8', opacity: 0.2 },
          tooltip: { show: false },
          data: [from, ...known.map(({ days, low, high }) => [days, high - low])],
        },
        { name: t.won, type: 'line', symbolSize: 7, lineStyle: { width: 3 }, itemStyle: { color: '#0e8aa8' }, data: line(time) },
        ...(before
          ? [
              {
                name: t.before,
                type: 'line',
                symbolSize: 6,
                lineStyle: { type: 'dashed' },
                itemStyle: { color: '#d97706' },
                data: line(before),
              },
            ]
          : []),
      ],
    };
  }, [time, before]);
  return (
    <>
      <Chart
        title={t.curve(t.starts[start])}
        says={t.curveSays(rows.map(({ days, share: one }) => t.curveItem(share(one), count(days))).join(', '))}
        option={option}
        head={t.curveColumns}
        rows={rows.map(({ days, share: one, low, high, atRisk }) => [days, one, low, high, atRisk])}
        name={`${start}-by-age`}
        height={300}
      />
      {before && (
        <p className="help">
          {t.before}: {span}
        </p>
      )}
      <p className="help">
        {rows
          .map(({ days, share: one, low, high }) =>
            one === null ? null : `${t.curveItem(share(one), count(days))} (${between(low, high)})`,
          )
          .filter(Boolean)
          .join(' · ')}
      </p>
    </>
  );
}

function StageBars({ stages }: { readonly stages: readonly StageTime[] }): ReactNode {
  const rows = stages.filter(({ visits }) => visits > 0);
  const option = useMemo(
    () => ({
      legend: { top: 0, data: [t.median, t.p85, t.plain] },
      grid: { left: 8, right: 32, top: 40, bottom: 24, containLabel: true },
      tooltip: {
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? leaders.view.days(daysShown(value)) : '–'),
      },
      xAxis: { type: 'value', name: leaders.funnel.ageDays(''), nameLocation: 'middle', nameGap: 26 },
      yAxis: { type: 'category', inverse: true, data: rows.map(({ label }) => label) },
      series: [
        {
          name: t.median,
          type: 'bar',
          barMaxWidth: 14,
          itemStyle: { color: '#0e8aa8' },
          data: rows.map(({ medianDays }) => medianDays),
        },
        {
          name: t.p85,
          type: 'bar',
          barMaxWidth: 14,
          itemStyle: { color: '#8b5cf6', opacity: 0.5 },
          data: rows.map(({ p85Days }) => p85Days),
        },
        {
          name: t.plain,
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 10,
          itemStyle: { color: '#d97706' },
          data: rows.map(({ naive }) => naive.medianDays),
        },
      ],
    }),
    [stages],
  );
  return (
    <Chart
      title={t.stageChart}
      says={t.stageSays(rows.map(({ label, medianDays }) => t.stageItem(label, daysShown(medianDays))).join(', '))}
      option={option}
      head={[t.columns.stage, t.median, t.p85, t.plain]}
      rows={rows.map(({ label, medianDays, p85Days, naive }) => [label, medianDays, p85Days, naive.medianDays])}
      name="days-in-stage"
      height={Math.max(180, 70 + rows.length * 46)}
    />
  );
}

function Stages({
  view,
  stages,
  before,
  group,
}: {
  readonly view: View;
  readonly stages: readonly StageTime[];
  readonly before: readonly StageTime[] | undefined;
  readonly group: string | null;
}): ReactNode {
  const { columns } = t;
  const then = ({ stage }: StageTime) => before?.find((one) => one.stage === stage);
  const visits = (
    key: string,
    label: string,
    value: (one: StageTime) => number,
    words: Readonly<Record<string, string>>,
  ): Column<StageTime> => ({
    key,
    label,
    align: 'right',
    value,
    show: (one) =>
      value(one) === 0 ? (
        '0'
      ) : (
        <Figure
          to={behind('cycle-time', view, { part: 'stages', stage: one.stage, group, ...words })}
          of={`${label}, ${one.label}`}
        >
          {count(value(one))}
        </Figure>
      ),
  });
  return (
    <Table<StageTime>
      caption={t.stages}
      name="time-in-stage"
      sortName="stageSort"
      rows={stages}
      rowKey={({ stage }) => stage}
      columns={[
        { key: 'stage', label: columns.stage, value: ({ label }) => label, show: ({ label }) => <strong>{label}</strong> },
        visits('visits', columns.visits, (one) => one.visits, {}),
        visits('open', columns.open, ({ open }) => open, { outcome: 'open' }),
        visits('ended', columns.ended, ({ ended }) => ended, { outcome: 'ended' }),
        {
          key: 'median',
          label: columns.median,
          align: 'right',
          value: ({ medianDays }) => medianDays,
          show: (one) => <Days days={one.medianDays} low={one.medianLowDays} high={one.medianHighDays} why={one.why} />,
        },
        {
          key: 'p85',
          label: columns.p85,
          align: 'right',
          value: ({ p85Days }) => p85Days,
          show: ({ p85Days, why }) => <Days days={p85Days} low={null} high={null} why={why} />,
        },
        ...(before === undefined
          ? []
          : [
              {
                key: 'before',
                label: `${columns.before} ${view.before ? spanText(view.before) : ''}`,
                align: 'right' as const,
                value: (one: StageTime) => then(one)?.medianDays ?? null,
                show: (one: StageTime) => {
                  const was = then(one);
                  return was ? (
                    <Days days={was.medianDays} low={was.medianLowDays} high={was.medianHighDays} why={was.why} />
                  ) : (
                    '–'
                  );
                },
              },
            ]),
        {
          key: 'naive',
          label: columns.naive,
          align: 'right',
          value: ({ naive }) => naive.medianDays,
          show: ({ naive }) => (
            <span className="rate">
              {daysShown(naive.medianDays)} <small>({count(naive.of)})</small>
            </span>
          ),
        },
        visits('reentries', columns.reentries, ({ reentries }) => reentries, { reentry: 'true' }),
      ]}
    />
  );
}

function Days({
  days,
  low,
  high,
  why,
}: {
  readonly days: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly why: string | null;
}): ReactNode {
  if (days === null)
    return (
      <span className="dimmed" title={why ?? undefined}>
        {leaders.view.notYet}
      </span>
    );
  return (
    <span className="rate">
      <strong>{daysShown(days)}</strong>{' '}
      {low !== null && <small>{high === null ? t.ormore(daysShown(low)) : t.interval(daysShown(low), daysShown(high))}</small>}
    </span>
  );
}

function Groups({
  view,
  now,
  earlier,
  start,
}: {
  readonly view: View;
  readonly now: CycleTimeAnswer;
  readonly earlier: CycleTimeAnswer | undefined;
  readonly start: Start;
}): ReactNode {
  const { columns, tiles } = t;
  type Row = CycleTimeGroup & { readonly group: string | null };
  const then = ({ group }: Row) => earlier?.groups.find((one) => one.group === group)?.[start];
  const deals = (key: 'deals' | 'won' | 'lost' | 'open', label: string): Column<Row> => ({
    key,
    label,
    align: 'right',
    value: (one) => one[start][key],
    show: (one) =>
      one[start][key] === 0 ? (
        '0'
      ) : (
        <Figure to={behind('cycle-time', view, wordsOf(start, one.group, key === 'deals' ? undefined : key))} of={label}>
          {count(one[start][key])}
        </Figure>
      ),
  });
  return (
    <Table<Row>
      caption={t.groups(t.starts[start])}
      name="cycle-time-by-group"
      sortName="groupSort"
      rows={now.groups}
      rowKey={({ group }) => group ?? '-'}
      columns={[
        {
          key: 'group',
          label: columns.group,
          value: ({ group }) => group,
          show: ({ group }) => <strong>{groupText(group)}</strong>,
        },
        deals('deals', tiles.deals),
        deals('won', leaders.behind.result.won),
        deals('lost', leaders.behind.result.lost),
        deals('open', columns.open),
        {
          key: 'median',
          label: tiles.median,
          align: 'right',
          value: (one) => one[start].medianDays,
          show: (one) => <Days days={one[start].medianDays} low={null} high={null} why={one[start].why} />,
        },
        {
          key: 'p85',
          label: tiles.p85,
          align: 'right',
          value: (one) => one[start].p85Days,
          show: (one) => <Days days={one[start].p85Days} low={null} high={null} why={one[start].why} />,
        },
        ...(earlier === undefined
          ? []
          : [
              {
                key: 'before',
                label: columns.before,
                align: 'right' as const,
                value: (one: Row) => then(one)?.medianDays ?? null,
                show: (one: Row) => (
                  <Days days={then(one)?.medianDays ?? null} low={null} high={null} why={then(one)?.why ?? null} />
                ),
              },
            ]),
        {
          key: 'naive',
          label: tiles.naive,
          align: 'right',
          value: (one) => one[start].naive.medianDays,
          show: (one) => daysShown(one[start].naive.medianDays),
        },
      ]}
    />
  );
}
