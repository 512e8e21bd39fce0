import { useMemo, type ReactNode } from 'react';
import type { ConversionAnswer, ConversionCohort, ConversionStep, ShareWithin } from '../../api/leaders-types.js';
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
  points,
  RateShown,
  ShareShown,
  spanText,
  useGroup,
  type View,
  NothingInWindow,
} from './view.js';

const t = leaders.funnel;
const AGES = [30, 60, 90, 180, 365] as const;
/** Cohorts are compared at the same age. */
const USUAL_AGE = 90;
const WAYS = ['lead-won', 'lead-qualified', 'qualified-won'] as const;

/** Of those that got here, how many go on, and how soon. */
export default function Funnel(): ReactNode {
  const [said, setAge] = useUrlState('age');
  const age = AGES.find((one) => String(one) === said) ?? null;
  return (
    <LeadersPage
      title={t.title}
      lead={t.lead}
      filters={['window', 'compare', 'period', 'by']}
      usualPeriod="month"
      more={() => (
        <Choose
          label={t.age}
          value={age === null ? '' : String(age)}
          set={setAge}
          of={[['', t.ageLast], ...AGES.map((one) => [String(one), t.ageDays(String(one))] as const)]}
        />
      )}
    >
      {(view) => <Asked view={view} age={age} />}
    </LeadersPage>
  );
}

function Asked({ view, age }: { readonly view: View; readonly age: number | null }): ReactNode {
  const { process, window, before, by, period } = view;
  const answer = useApi<ConversionAnswer>(
    '/v1/measures/conversion',
    { process: process.id, ...window, by, period },
    { keep: true },
  );
  const earlier = useApi<ConversionAnswer>(
    '/v1/measures/conversion',
    { process: process.id, ...before, by },
    { enabled: before !== null, keep: true },
  );
  return (
    <Answered of={answer} waiting={<Waiting lines={8} height={48} />}>
      {(now) => <Shown view={view} age={age} now={now} earlier={before === null ? undefined : earlier.data} />}
    </Answered>
  );
}

/** What is told of a step: up to the age asked for, or as long as can be told. */
function told(
  step: ConversionStep | undefined,
  age: number | null,
): (Omit<ShareWithin, 'days'> & { readonly why?: string | null }) | undefined {
  if (!step) return undefined;
  return age === null ? step.converted : step.within.find(({ days }) => days === age);
}

function Shown({
  view,
  age,
  now,
  earlier,
}: {
  readonly view: View;
  readonly age: number | null;
  readonly now: ConversionAnswer;
  readonly earlier: ConversionAnswer | undefined;
}): ReactNode {
  const [group, setGroup] = useGroup(now.groups);
  const [said, setWay] = useUrlState('way');
  const way = Math.max(0, WAYS.indexOf((said ?? '') as (typeof WAYS)[number]));
  if (!group || group.funnel.every(({ naive }) => naive.of === 0)) return <NothingInWindow title={t.none} />;
  const before = earlier?.groups.find((one) => one.group === group.group);
  // The funnel comes as lead to qualified, qualified to won, lead to won.
  const place = [2, 0, 1][way]!;
  const name = group.funnel[place] ? wayText(group.funnel[place]) : '';
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
      <Panel title={t.milestones} help={`${t.help} ${leaders.view.interval}`}>
        <Steps
          view={view}
          part="funnel"
          steps={group.funnel}
          before={before?.funnel}
          age={age}
          group={group.group}
          name="funnel"
        />
      </Panel>
      <Panel
        className="titled"
        title={t.chart(name)}
        aside={
          <Choose
            label={t.cohort}
            value={WAYS[way]!}
            set={(next) => setWay(next === WAYS[0] ? null : next)}
            of={WAYS.flatMap((one, at) => {
              const step = group.funnel[[2, 0, 1][at]!];
              return step ? [[one, wayText(step)] as const] : [];
            })}
          />
        }
      >
        <Cohorts cohorts={group.cohorts} place={place} age={age} view={view} group={group.group} name={name} />
      </Panel>
      {now.by !== null && (
        <Panel title={t.groups(name)}>
          <Groups view={view} now={now} earlier={earlier} place={place} age={age} />
        </Panel>
      )}
      <Panel title={t.steps}>
        <Steps view={view} part="steps" steps={group.steps} before={before?.steps} age={age} group={group.group} name="steps" />
      </Panel>
    </>
  );
}

const wayText = ({ fromLabel, toLabel }: Pick<ConversionStep, 'fromLabel' | 'toLabel'>): string => t.way(fromLabel, toLabel);

interface Held {
  readonly now: Omit<ShareWithin, 'days'>;
  readonly then: Omit<ShareWithin, 'days'>;
  /** Null where all is told for good. */
  readonly days: number | null;
  readonly difference: number;
  readonly sure: boolean;
}

/**
 * A step now held against the same step of another window, at the same age: the one asked for, else the highest that can be told of both. An older window
 * has been followed for longer, so that what is told last of each cannot be compared.
 */
function heldAgainst(now: ConversionStep | undefined, then: ConversionStep | undefined, age: number | null): Held | null {
  if (!now || !then) return null;
  if (age === null && now.converted.withinDays === null && then.converted.withinDays === null)
    return difference(now.converted, then.converted, null);
  for (const one of now.within.toReversed()) {
    if (age !== null && one.days !== age) continue;
    const other = then.within.find(({ days }) => days === one.days);
    const held = other ? difference(one, other, one.days) : null;
    if (held) return held;
  }
  return null;
}

function difference(now: Omit<ShareWithin, 'days'>, then: Omit<ShareWithin, 'days'>, days: number | null): Held | null {
  if (now.share === null || then.share === null) return null;
  const change = now.share - then.share;
  // Two independent estimates: the interval of their difference after Newcombe's method 10.
  const down = Math.hypot(now.share - (now.low ?? 0), (then.high ?? 1) - then.share);
  const up = Math.hypot((now.high ?? 1) - now.share, then.share - (then.low ?? 0));
  return { now, then, days, difference: change, sure: change - down > 0 || change + up < 0 };
}

function Steps({
  view,
  part,
  steps,
  before,
  age,
  group,
  name,
}: {
  readonly view: View;
  readonly part: 'funnel' | 'steps';
  readonly steps: readonly ConversionStep[];
  readonly before: readonly ConversionStep[] | undefined;
  readonly age: number | null;
  readonly group: string | null;
  readonly name: string;
}): ReactNode {
  const { columns } = t;
  const to = (step: ConversionStep, outcome?: string): string =>
    behind('conversion', view, { part, fromStage: step.from, toStage: step.to, outcome, group });
  const held = (step: ConversionStep) =>
    heldAgainst(
      step,
      before?.find((one) => one.from === step.from && one.to === step.to),
      age,
    );
  const figure = (
    key: string,
    label: string,
    value: (step: ConversionStep) => number,
    outcome?: string,
  ): Column<ConversionStep> => ({
    key,
    label,
    align: 'right',
    value,
    show: (step) =>
      value(step) === 0 ? (
        '0'
      ) : (
        <Figure to={to(step, outcome)} of={`${label}, ${wayText(step)}`}>
          {count(value(step))}
        </Figure>
      ),
  });
  return (
    <Table<ConversionStep>
      caption={part === 'funnel' ? t.milestones : t.steps}
      name={name}
      sortName={`${part}Sort`}
      rows={steps}
      rowKey={({ from, to: end }) => `${from} ${end}`}
      columns={[
        { key: 'way', label: columns.way, value: wayText, show: (step) => <strong>{wayText(step)}</strong> },
        figure('entered', columns.entered, ({ naive }) => naive.of),
        {
          key: 'told',
          label: age === null ? columns.told : columns.within(String(age)),
          align: 'right',
          value: (step) => told(step, age)?.share ?? null,
          show: (step) => (
            <>
              <ShareShown share={told(step, age)} why={step.converted.why} />
              {age === null && step.converted.share !== null && (
                <small className="dimmed">
                  {step.converted.withinDays === null ? t.final : t.tellsUpTo(daysShown(Math.floor(step.converted.withinDays)))}
                </small>
              )}
            </>
          ),
        },
        ...(before === undefined
          ? []
          : [
              {
                key: 'before',
                label: `${columns.before} ${view.before ? spanText(view.before) : ''}`,
                align: 'right' as const,
                value: (step: ConversionStep) => held(step)?.then.share ?? null,
                show: (step: ConversionStep) => <ThenShown held={held(step)} />,
              },
              {
                key: 'change',
                label: columns.change,
                align: 'right' as const,
                value: (step: ConversionStep) => held(step)?.difference ?? null,
                show: (step: ConversionStep) => <Changed held={held(step)} />,
              },
            ]),
        {
          key: 'plain',
          label: columns.plain,
          align: 'right',
          value: ({ naive }) => naive.rate,
          show: (step) => <RateShown rate={step.naive} to={to(step, 'reached')} of={`${columns.went}, ${wayText(step)}`} />,
        },
        figure('open', columns.open, ({ open }) => open, 'open'),
        figure('lost', columns.lost, ({ lost }) => lost, 'lost'),
        {
          key: 'other',
          label: columns.other,
          align: 'right',
          value: ({ ended, lost }) => ended - lost,
          show: ({ ended, lost }) => count(ended - lost),
        },
      ]}
    />
  );
}

function ThenShown({ held }: { readonly held: Held | null }): ReactNode {
  return (
    <>
      <ShareShown share={held?.then} />
      {held?.days && <small className="dimmed">{t.tellsUpTo(String(held.days))}</small>}
    </>
  );
}

function Changed({ held }: { readonly held: Held | null }): ReactNode {
  if (held === null) return <span className="dimmed">{leaders.view.notYet}</span>;
  return (
    <span className="rate">
      <strong>{points(held.difference)}</strong> <small>{held.sure ? t.sure : t.unsure}</small>
      {held.days !== null && (
        <>
          <br />
          <small>{t.nowAt(share(held.now.share), String(held.days))}</small>
        </>
      )}
    </span>
  );
}

function Groups({
  view,
  now,
  earlier,
  place,
  age,
}: {
  readonly view: View;
  readonly now: ConversionAnswer;
  readonly earlier: ConversionAnswer | undefined;
  readonly place: number;
  readonly age: number | null;
}): ReactNode {
  const { columns } = t;
  const rows = now.groups.flatMap(({ group, funnel }) => (funnel[place] ? [{ group, step: funnel[place] }] : []));
  type Row = (typeof rows)[number];
  const held = ({ group, step }: Row) =>
    heldAgainst(step, earlier?.groups.find((one) => one.group === group)?.funnel[place], age);
  const to = ({ group, step }: Row, outcome?: string): string =>
    behind('conversion', view, { part: 'funnel', fromStage: step.from, toStage: step.to, outcome, group });
  return (
    <Table<Row>
      caption={t.milestones}
      name="funnel-by-group"
      sortName="groupSort"
      rows={rows}
      rowKey={({ group }) => group ?? '-'}
      columns={[
        {
          key: 'group',
          label: columns.group,
          value: ({ group }) => group,
          show: ({ group }) => <strong>{groupText(group)}</strong>,
        },
        {
          key: 'entered',
          label: columns.entered,
          align: 'right',
          value: ({ step }) => step.naive.of,
          show: (row) => (
            <Figure to={to(row)} of={columns.entered}>
              {count(row.step.naive.of)}
            </Figure>
          ),
        },
        {
          key: 'told',
          label: age === null ? columns.told : columns.within(String(age)),
          align: 'right',
          value: ({ step }) => told(step, age)?.share ?? null,
          show: ({ step }) => <ShareShown share={told(step, age)} why={step.converted.why} />,
        },
        ...(earlier === undefined
          ? []
          : [
              {
                key: 'before',
                label: columns.before,
                align: 'right' as const,
                value: (row: Row) => held(row)?.then.share ?? null,
                show: (row: Row) => <ThenShown held={held(row)} />,
              },
              {
                key: 'change',
                label: columns.change,
                align: 'right' as const,
                value: (row: Row) => held(row)?.difference ?? null,
                show: (row: Row) => <Changed held={held(row)} />,
              },
            ]),
        {
          key: 'plain',
          label: columns.plain,
          align: 'right',
          value: ({ step }) => step.naive.rate,
          show: (row) => <RateShown rate={row.step.naive} to={to(row, 'reached')} of={columns.went} />,
        },
        {
          key: 'open',
          label: columns.open,
          align: 'right',
          value: ({ step }) => step.open,
          show: ({ step }) => count(step.open),
        },
      ]}
    />
  );
}

function Cohorts({
  cohorts,
  place,
  age: said,
  view,
  group,
  name,
}: {
  readonly cohorts: readonly ConversionCohort[];
  readonly place: number;
  readonly age: number | null;
  readonly view: View;
  readonly group: string | null;
  readonly name: string;
}): ReactNode {
  const age = said ?? USUAL_AGE;
  const rows = cohorts.flatMap(({ period, funnel }) => {
    const step = funnel[place];
    return step ? [{ period, step, one: told(step, age) }] : [];
  });
  type Row = (typeof rows)[number];
  const option = useMemo(
    () => ({
      legend: { top: 0, data: [t.share, t.interval, t.columns.plain] },
      grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
      tooltip: {
        trigger: 'axis',
        formatter: (of: readonly { dataIndex: number }[]) => {
          const row = rows[of[0]?.dataIndex ?? -1];
          if (!row) return '';
          const { naive, open } = row.step;
          return [
            `<strong>${row.period}</strong>: ${row.one?.share === null || !row.one ? leaders.view.notYet : `${share(row.one.share)} (${between(row.one.low, row.one.high)})`}`,
            `${t.columns.plain}: ${share(naive.rate)}, ${leaders.view.countOf(count(naive.count), count(naive.of))}`,
            `${t.columns.open}: ${count(open)}`,
          ].join('<br>');
        },
      },
      xAxis: { type: 'category', data: rows.map(({ period }) => period) },
      yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => share(value) } },
      series: [
        {
          name: t.intervalLow,
          type: 'bar',
          stack: 'interval',
          barMaxWidth: 12,
          silent: true,
          itemStyle: { color: 'transparent' },
          data: rows.map(({ one }) => one?.low ?? null),
        },
        {
          name: t.interval,
          type: 'bar',
          stack: 'interval',
          barMaxWidth: 12,
          itemStyle: { color: '#0e8aa8', opacity: 0.4 },
          data: rows.map(({ one }) =>
            one?.low === null || one?.low === undefined || one.high === null ? null : one.high - one.low,
          ),
        },
        {
          name: t.share,
          type: 'scatter',
          symbol: 'diamond',
          symbolSize: 12,
          itemStyle: { color: '#0e8aa8' },
          data: rows.map(({ one }) => one?.share ?? null),
        },
        {
          name: t.columns.plain,
          type: 'scatter',
          symbol: 'circle',
          symbolSize: 7,
          itemStyle: { color: '#d97706' },
          data: rows.map(({ step }) => step.naive.rate),
        },
      ],
    }),
    [cohorts, place, age],
  );
  const to = ({ period, step }: Row, outcome?: string): string =>
    behind('conversion', view, {
      part: 'funnel',
      fromStage: step.from,
      toStage: step.to,
      cohort: period,
      period: view.period,
      outcome,
      group,
    });
  return (
    <>
      <Chart
        title={t.chart(name)}
        says={t.chartSays(
          rows
            .map(({ period, one, step }) =>
              t.item(
                period,
                one && one.share !== null ? `${share(one.share)} (${between(one.low, one.high)})` : leaders.view.notYet,
                count(step.naive.of),
              ),
            )
            .join('; '),
        )}
        option={option}
        head={t.cohortColumns}
        rows={rows.map(({ period, one, step }) => [
          period,
          step.naive.of,
          one?.share ?? null,
          one?.low ?? null,
          one?.high ?? null,
          step.naive.rate,
          step.open,
        ])}
        name="cohorts"
        height={280}
      />
      <p className="help">{t.openCohorts(String(age))}</p>
      <Table<Row>
        caption={t.chart(name)}
        name={null}
        sortName="cohortSort"
        rows={rows}
        rowKey={({ period }) => period}
        columns={[
          { key: 'period', label: t.cohortColumns[0], value: ({ period }) => period, show: ({ period }) => period },
          {
            key: 'entered',
            label: t.columns.entered,
            align: 'right',
            value: ({ step }) => step.naive.of,
            show: (row) => (
              <Figure to={to(row)} of={t.columns.entered}>
                {count(row.step.naive.of)}
              </Figure>
            ),
          },
          {
            key: 'told',
            label: t.columns.within(String(age)),
            align: 'right',
            value: ({ one }) => one?.share ?? null,
            show: ({ one, step }) => <ShareShown share={one} why={step.converted.why} />,
          },
          {
            key: 'plain',
            label: t.columns.plain,
            align: 'right',
            value: ({ step }) => step.naive.rate,
            show: (row) => <RateShown rate={row.step.naive} to={to(row, 'reached')} of={t.columns.went} />,
          },
          {
            key: 'open',
            label: t.columns.open,
            align: 'right',
            value: ({ step }) => step.open,
            show: (row) =>
              row.step.open === 0 ? (
                '0'
              ) : (
                <Figure to={to(row, 'open')} of={t.columns.open}>
                  {count(row.step.open)}
                </Figure>
              ),
          },
        ]}
      />
    </>
  );
}
