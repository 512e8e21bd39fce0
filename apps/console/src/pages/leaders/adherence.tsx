import { useMemo, type ReactNode } from 'react';
import type { AdherenceAnswer, AdherenceGroup, Difference, Grouping } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { useUrlState } from '../../as-of.js';
import { Chart } from '../../components/chart.js';
import { Figure } from '../../components/link.js';
import { Machine } from '../../components/machine.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table, type Column } from '../../components/table.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import {
  behind,
  stepsPath,
  Choose,
  DealLink,
  daysShown,
  groupText,
  LeadersPage,
  points,
  RateShown,
  Tile,
  useGroup,
  type View,
  NothingInWindow,
} from './view.js';
import { OverrideTable } from './week.js';

const t = leaders.adherence;
type Group = AdherenceAnswer['groups'][number];

/** Who follows the process in force, and where it is bent. */
export default function Adherence(): ReactNode {
  return (
    <LeadersPage title={t.title} lead={t.lead} filters={['window', 'compare', 'by']}>
      {(view) => <Asked view={view} />}
    </LeadersPage>
  );
}

function Asked({ view }: { readonly view: View }): ReactNode {
  const { process, window, before, by } = view;
  const answer = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: process.id, ...window, by }, { keep: true });
  const earlier = useApi<AdherenceAnswer>(
    '/v1/measures/adherence',
    { process: process.id, ...before, by },
    { enabled: before !== null, keep: true },
  );
  return (
    <Answered of={answer} waiting={<Waiting lines={8} height={48} />}>
      {(now) => <Shown view={view} now={now} earlier={before === null ? undefined : earlier.data} />}
    </Answered>
  );
}

function Shown({
  view,
  now,
  earlier,
}: {
  readonly view: View;
  readonly now: AdherenceAnswer;
  readonly earlier: AdherenceAnswer | undefined;
}): ReactNode {
  const [group, setGroup] = useGroup(now.groups);
  if (!group || group.steps.of === 0) return <NothingInWindow title={t.none} />;
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
      <Tiles view={view} group={group} before={before} />
      {now.by === null ? (
        <>
          <ByGroup view={view} by="team" title={t.teams} />
          <ByGroup view={view} by="owner" title={t.people} />
        </>
      ) : (
        <Panel title={leaders.forecast.byGroup.title}>
          <GroupTable
            view={view}
            by={now.by}
            groups={now.groups}
            earlier={earlier?.groups}
            caption={leaders.forecast.byGroup.title}
            sortName="groupSort"
          />
        </Panel>
      )}
      <Variants view={view} group={group} />
      <Panel title={t.months} className="titled">
        <Months group={group} />
      </Panel>
      <div className="two-columns">
        <Deviations view={view} group={group} />
        <Panel title={t.overrides}>
          <OverrideTable view={view} rows={group.overrides} group={group.group} />
        </Panel>
      </div>
      <StageDeviations view={view} group={group} />
      <div className="two-columns">
        <Limits view={view} group={group} />
        <Worst view={view} group={group} />
      </div>
      <Outcomes view={view} group={group} />
      <People people={now.people} view={view} />
    </>
  );
}

function Tiles({
  view,
  group,
  before,
}: {
  readonly view: View;
  readonly group: Group;
  readonly before: Group | undefined;
}): ReactNode {
  const words = t.tiles;
  const held = (then: string | undefined): ReactNode =>
    then === undefined ? null : (
      <>
        <br />
        {t.columns.before}: {then}
      </>
    );
  const of = ({ count: some, of: all }: AdherenceGroup['deals']): string => leaders.view.countOf(count(some), count(all));
  return (
    <div className="tiles">
      <Tile
        label={words.deals}
        value={share(group.deals.rate, 1)}
        note={
          <>
            {of(group.deals)} {held(before && share(before.deals.rate, 1))}
          </>
        }
        to={behind('adherence', view, { outcome: 'followed', group: group.group })}
      />
      <Tile
        label={words.steps}
        value={share(group.steps.rate, 1)}
        note={
          <>
            {of(group.steps)} {held(before && share(before.steps.rate, 1))}
          </>
        }
        to={stepsPath(view, { outcome: 'deviating' })}
      />
      <Tile
        label={words.overridden}
        value={share(group.overriddenSteps.rate, 1)}
        note={
          <>
            {of(group.overriddenSteps)} {held(before && share(before.overriddenSteps.rate, 1))}
          </>
        }
        to={behind('adherence', view, { outcome: 'overridden', group: group.group })}
      />
      <Tile
        label={words.fitness}
        value={fit(group.fitness.mean)}
        note={
          <>
            {words.fitnessNote(count(group.fitness.of))} {held(before && fit(before.fitness.mean))}
          </>
        }
        to={behind('adherence', view, { group: group.group })}
      />
    </div>
  );
}

const fit = (mean: number | null): string =>
  mean === null ? '–' : new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 3 }).format(mean);

/** The same by team and by person, asked when the page is not told apart by anything. */
function ByGroup({ view, by, title }: { readonly view: View; readonly by: Grouping; readonly title: string }): ReactNode {
  const { process, window, before } = view;
  const answer = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: process.id, ...window, by }, { keep: true });
  const earlier = useApi<AdherenceAnswer>(
    '/v1/measures/adherence',
    { process: process.id, ...before, by },
    { enabled: before !== null, keep: true },
  );
  return (
    <Panel title={title}>
      <Answered of={answer}>
        {({ groups }) => (
          <GroupTable
            view={view}
            by={by}
            groups={groups}
            earlier={before === null ? undefined : earlier.data?.groups}
            caption={title}
            sortName={`${by}Sort`}
          />
        )}
      </Answered>
    </Panel>
  );
}

function GroupTable({
  view,
  by,
  groups,
  earlier,
  caption,
  sortName,
}: {
  readonly view: View;
  readonly by: Grouping;
  readonly groups: readonly Group[];
  readonly earlier: readonly Group[] | undefined;
  readonly caption: string;
  readonly sortName: string;
}): ReactNode {
  const { columns } = t;
  const told = { ...view, by };
  return (
    <Table<Group>
      caption={caption}
      name={`adherence-by-${by}`}
      sortName={sortName}
      rows={groups}
      rowKey={({ group }) => group ?? '-'}
      columns={[
        {
          key: 'group',
          label: columns.group,
          value: ({ group }) => group,
          show: ({ group }) => <strong>{groupText(group)}</strong>,
        },
        {
          key: 'deals',
          label: columns.deals,
          align: 'right',
          value: ({ deals }) => deals.rate,
          show: ({ group, deals }) => (
            <RateShown rate={deals} to={behind('adherence', told, { outcome: 'followed', group })} of={columns.deals} />
          ),
        },
        {
          key: 'steps',
          label: columns.steps,
          align: 'right',
          value: ({ steps }) => steps.rate,
          show: ({ steps }) => <RateShown rate={steps} of={columns.steps} />,
        },
        ...(earlier === undefined
          ? []
          : [
              {
                key: 'before',
                label: columns.before,
                align: 'right' as const,
                value: ({ group }: Group) => earlier.find((one) => one.group === group)?.steps.rate ?? null,
                show: ({ group }: Group) => {
                  const was = earlier.find((one) => one.group === group);
                  return was ? <RateShown rate={was.steps} of={columns.before} /> : '–';
                },
              },
            ]),
        {
          key: 'overridden',
          label: columns.overridden,
          align: 'right',
          value: ({ overriddenSteps }) => overriddenSteps.count,
          show: ({ group, overriddenSteps }) =>
            overriddenSteps.count === 0 ? (
              `0 ${leaders.view.countOf('', count(overriddenSteps.of)).trim()}`
            ) : (
              <span className="rate">
                <Figure to={behind('adherence', told, { outcome: 'overridden', group })} of={columns.overridden}>
                  {count(overriddenSteps.count)}
                </Figure>{' '}
                <small>{leaders.view.countOf('', count(overriddenSteps.of)).trim()}</small>
              </span>
            ),
        },
        {
          key: 'fitness',
          label: columns.fitness,
          align: 'right',
          value: ({ fitness }) => fitness.mean,
          show: ({ fitness }) => fit(fitness.mean),
        },
      ]}
    />
  );
}

// ------------------------------------------------------------------------------------------- paths drawn on the machine

function Variants({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const [said, draw] = useUrlState('variant');
  const { definition } = view;
  const top = group.variants.top;
  const picked = top.find(({ path }) => path.join(',') === said);
  const walks = useMemo(() => walked(picked ? [picked] : top), [picked, group]);
  const strays = [...walks.keys()].filter((key) => !isWay(key, view)).length;
  const columns: readonly Column<(typeof top)[number]>[] = [
    {
      key: 'draw',
      label: t.variantDraw,
      value: () => null,
      show: (one) => (
        <button
          type="button"
          className="plain"
          aria-pressed={one === picked}
          onClick={() => draw(one === picked ? null : one.path.join(','))}
        >
          {one === picked ? t.variantDrawn : t.variantDraw}
          <span className="unseen"> {pathText(one.path, view)}</span>
        </button>
      ),
    },
    {
      key: 'path',
      label: t.variantColumns.path,
      value: ({ path }) => pathText(path, view),
      show: ({ path }) => pathText(path, view),
    },
    {
      key: 'deals',
      label: t.variantColumns.deals,
      align: 'right',
      value: ({ deals }) => deals,
      show: ({ path, deals }) => (
        <Figure to={behind('adherence', view, { path: path.join(','), group: group.group })} of={t.variantColumns.deals}>
          {count(deals)}
        </Figure>
      ),
    },
    {
      key: 'share',
      label: t.variantColumns.share,
      align: 'right',
      value: (one) => one.share,
      show: (one) => share(one.share, 1),
    },
  ];
  return (
    <Panel
      title={t.variants}
      help={t.variantsHelp(count(top.length), count(group.variants.total))}
      aside={
        picked && (
          <button type="button" className="plain" onClick={() => draw(null)}>
            {t.variantAll}
          </button>
        )
      }
    >
      {definition && <Machine definition={definition} been={picked?.path ?? []} walks={walks} height={280} />}
      <p className="help">
        {t.mapHelp} {strays > 0 && t.strays(count(strays))}
      </p>
      <Table
        caption={t.variants}
        name="variants"
        sortName="variantSort"
        rows={top}
        rowKey={({ path }) => path.join(',')}
        columns={columns}
      />
    </Panel>
  );
}

const pathText = (path: readonly string[], view: View): string => path.map(view.stage).join(' → ');

/** How many deals took each step from stage to stage. */
function walked(variants: AdherenceGroup['variants']['top']): ReadonlyMap<string, number> {
  const walks = new Map<string, number>();
  for (const { path, deals } of variants)
    for (const [at, to] of path.entries())
      if (at > 0) walks.set(`${path[at - 1]} ${to}`, (walks.get(`${path[at - 1]} ${to}`) ?? 0) + deals);
  return walks;
}

function isWay(key: string, { definition }: View): boolean {
  const [from = '', to = ''] = key.split(' ');
  const stage = definition?.stages[from];
  return stage !== undefined && (stage.whenAllDone === to || Object.values(stage.moves).some((move) => move.to === to));
}

// ------------------------------------------------------------------------------------------------------------- figures

function Months({ group }: { readonly group: Group }): ReactNode {
  const { months } = group;
  const option = useMemo(
    () => ({
      legend: { top: 0, data: [t.monthSteps, t.monthDeals] },
      grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
      tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? share(value, 1) : '–') },
      xAxis: { type: 'category', data: months.map(({ month }) => month) },
      yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => share(value) } },
      series: [
        { name: t.monthSteps, type: 'line', symbolSize: 7, data: months.map(({ steps }) => steps.rate) },
        {
          name: t.monthDeals,
          type: 'line',
          symbolSize: 7,
          lineStyle: { type: 'dashed' },
          data: months.map(({ deals }) => deals.rate),
        },
      ],
    }),
    [group],
  );
  return (
    <Chart
      title={t.months}
      says={t.monthsSays(months.map(({ month, steps }) => t.monthItem(month, share(steps.rate), count(steps.of))).join(', '))}
      option={option}
      head={t.monthColumns}
      rows={months.map(({ month, steps, deals }) => [
        month,
        steps.rate,
        steps.count,
        steps.of,
        deals.rate,
        deals.count,
        deals.of,
      ])}
      name="adherence-by-month"
      height={240}
    />
  );
}

function Deviations({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.deviationColumns;
  return (
    <Panel title={t.deviations}>
      <Table
        caption={t.deviations}
        name="deviations"
        sortName="deviationSort"
        rows={group.deviations}
        rowKey={({ kind, what }) => `${kind} ${what ?? ''}`}
        empty={<Empty title={t.deviationNone}>{t.deviationNoneHelp}</Empty>}
        columns={[
          {
            key: 'kind',
            label: columns.kind,
            value: ({ kind }) => t.deviationKinds[kind],
            show: ({ kind }) => t.deviationKinds[kind],
          },
          {
            key: 'what',
            label: columns.which,
            value: ({ what }) => what,
            show: ({ what }) => (what === null ? '–' : whatText(what, view)),
          },
          { key: 'steps', label: columns.steps, align: 'right', value: ({ steps }) => steps, show: ({ steps }) => count(steps) },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ kind, what, deals }) => (
              <Figure to={behind('adherence', view, { kind, what: what ?? undefined, group: group.group })} of={columns.deals}>
                {count(deals)}
              </Figure>
            ),
          },
        ]}
      />
    </Panel>
  );
}

/** A way is told as `from -> to`, a fact by its name. */
const whatText = (what: string, { stage, definition }: View): string =>
  what.includes(' -> ') ? what.split(' -> ').map(stage).join(' → ') : (definition?.fields[what]?.label ?? what);

function StageDeviations({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.stagesColumns;
  type Row = AdherenceGroup['stageDeviations'][number];
  const figure = (key: 'skipped' | 'extra' | 'outOfOrder' | 'overridden', label: string): Column<Row> => ({
    key,
    label,
    align: 'right',
    value: (one) => one[key].deals,
    show: (one) =>
      one[key].deals === 0 ? (
        '0'
      ) : (
        <Figure
          to={behind('adherence', view, { stage: one.stage, misfit: key, group: group.group })}
          of={`${label}, ${one.label}`}
        >
          {leaders.view.deals(count(one[key].deals))}
        </Figure>
      ),
  });
  return (
    <Panel title={t.stages}>
      <Table<Row>
        caption={t.stages}
        name="stage-deviations"
        sortName="stageSort"
        rows={group.stageDeviations}
        rowKey={({ stage }) => stage}
        empty={<Empty title={t.stagesNone} />}
        columns={[
          { key: 'stage', label: columns.stage, value: ({ label }) => label, show: ({ label }) => <strong>{label}</strong> },
          figure('skipped', columns.skipped),
          figure('extra', columns.extra),
          figure('outOfOrder', columns.order),
          figure('overridden', columns.overridden),
        ]}
      />
    </Panel>
  );
}

function Limits({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.limitsColumns;
  return (
    <Panel title={t.limits}>
      <Table
        caption={t.limits}
        name="limits"
        sortName="limitSort"
        rows={group.limits}
        rowKey={({ stage, track }) => `${stage} ${track ?? ''}`}
        empty={<Empty title={t.limitsNone} />}
        columns={[
          { key: 'stage', label: columns.stage, value: ({ label }) => label, show: ({ label }) => <strong>{label}</strong> },
          {
            key: 'exceeded',
            label: columns.exceeded,
            align: 'right',
            value: ({ exceeded }) => exceeded.rate,
            show: ({ exceeded }) => <RateShown rate={exceeded} of={columns.exceeded} />,
          },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ stage, deals }) =>
              deals === 0 ? (
                '0'
              ) : (
                <Figure to={behind('adherence', view, { stage, misfit: 'limit', group: group.group })} of={columns.deals}>
                  {count(deals)}
                </Figure>
              ),
          },
        ]}
      />
    </Panel>
  );
}

function Worst({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.worstColumns;
  const stages = (ids: readonly string[]): string => ids.map(view.stage).join(', ');
  return (
    <Panel title={t.worst}>
      <Table
        caption={t.worst}
        name="least-fitting"
        sortName="worstSort"
        rows={group.leastFitting}
        rowKey={({ deal }) => deal}
        empty={<Empty title={t.stagesNone} />}
        columns={[
          { key: 'deal', label: columns.deal, value: ({ deal }) => deal, show: ({ deal }) => <DealLink id={deal} /> },
          {
            key: 'fit',
            label: columns.fit,
            align: 'right',
            value: ({ fitness }) => fitness,
            show: ({ fitness }) => fit(fitness),
          },
          {
            key: 'skipped',
            label: columns.skipped,
            value: ({ skipped }) => stages(skipped),
            show: ({ skipped }) => stages(skipped) || '–',
          },
          { key: 'extra', label: columns.extra, value: ({ extra }) => stages(extra), show: ({ extra }) => stages(extra) || '–' },
          {
            key: 'order',
            label: columns.order,
            value: ({ outOfOrder }) => stages(outOfOrder),
            show: ({ outOfOrder }) => stages(outOfOrder) || '–',
          },
        ]}
      />
    </Panel>
  );
}

const differenceText = (one: Difference | null | undefined): string =>
  one ? t.difference(points(one.difference), points(one.low), points(one.high)) : '–';

function Outcomes({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
  const columns = t.outcomeColumns;
  return (
    <Panel title={t.outcomes} help={t.outcomesHelp}>
      <Table
        caption={t.outcomes}
        name="outcomes"
        sortName="outcomeSort"
        rows={group.outcomes}
        rowKey={({ how }) => how}
        columns={[
          {
            key: 'how',
            label: columns.how,
            value: ({ how }) => t.outcomeNames[how],
            show: ({ how }) => <strong>{t.outcomeNames[how]}</strong>,
          },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ how, deals }) =>
              deals === 0 ? (
                '0'
              ) : (
                <Figure to={behind('adherence', view, { outcome: how, group: group.group })} of={t.outcomeNames[how]}>
                  {count(deals)}
                </Figure>
              ),
          },
          {
            key: 'rate',
            label: columns.winRate,
            align: 'right',
            value: ({ winRate }) => winRate.rate,
            show: ({ winRate }) => <RateShown rate={winRate} of={columns.winRate} />,
          },
          {
            key: 'days',
            label: columns.days,
            align: 'right',
            value: ({ daysToWon }) => daysToWon.median,
            show: ({ daysToWon: { median, low, high, why } }) =>
              median === null ? (
                <span className="dimmed" title={why ?? undefined}>
                  {leaders.view.notYet}
                </span>
              ) : (
                <span className="rate">
                  <strong>{daysShown(median)}</strong>{' '}
                  <small>{low !== null && high !== null && leaders.cycle.interval(daysShown(low), daysShown(high))}</small>
                </span>
              ),
          },
          {
            key: 'difference',
            label: columns.difference,
            align: 'right',
            value: ({ comparedToFollowed }) => comparedToFollowed?.winRate?.difference ?? null,
            show: ({ comparedToFollowed }) => differenceText(comparedToFollowed?.winRate),
          },
          {
            key: 'same',
            label: columns.same,
            align: 'right',
            value: ({ comparedToFollowed }) => comparedToFollowed?.winRateSamePhase?.difference ?? null,
            show: ({ comparedToFollowed }) => differenceText(comparedToFollowed?.winRateSamePhase),
          },
        ]}
      />
    </Panel>
  );
}

function People({ people, view }: { readonly people: AdherenceAnswer['people']; readonly view: View }): ReactNode {
  const columns = t.differsColumns;
  const stages = (ids: readonly string[]): string => ids.map(view.stage).join(' + ');
  return (
    <Panel title={t.differs} help={t.differsHelp}>
      <Table
        caption={t.differs}
        name="people"
        sortName="peopleSort"
        rows={people.people}
        rowKey={({ owner }) => owner}
        empty={<Empty title={t.differsNone} />}
        columns={[
          { key: 'who', label: columns.who, value: ({ owner }) => owner, show: ({ owner }) => <strong>{owner}</strong> },
          {
            key: 'deals',
            label: columns.deals,
            align: 'right',
            value: ({ deals }) => deals,
            show: ({ owner, deals }) => (
              <Figure to={`/deals?process=${view.process.id}&owner=${encodeURIComponent(owner)}`} of={owner}>
                {count(deals)}
              </Figure>
            ),
          },
          {
            key: 'distance',
            label: columns.distance,
            align: 'right',
            value: ({ distance }) => distance,
            show: ({ distance }) => share(distance),
          },
          {
            key: 'chance',
            label: columns.chance,
            align: 'right',
            value: ({ byChance }) => byChance,
            show: ({ byChance }) => share(byChance),
          },
          {
            key: 'verdict',
            label: columns.verdict,
            value: ({ differs }) => (differs === null ? null : differs ? t.differsYes : t.differsNo),
            show: ({ differs, why }) =>
              differs === null ? <span className="dimmed">{why}</span> : differs ? <strong>{t.differsYes}</strong> : t.differsNo,
          },
          {
            key: 'where',
            label: columns.where,
            value: ({ steps }) => steps.length,
            show: ({ differs, steps }) =>
              differs === true && steps[0]
                ? t.differsStep(stages(steps[0].from), stages(steps[0].to), share(steps[0].share), share(steps[0].others))
                : '–',
          },
        ]}
      />
    </Panel>
  );
}
