import { type ReactNode } from 'react';
import type { ForecastAnswer, ForecastPeriod, Target } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import type { Money as Amount, Page as Items } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { count, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { Choose, groupText, inCurrency, LeadersPage, TARGETS, Tile, useGroup, type View } from './view.js';
import { wonTo, openTo } from './forecast-paths.js';
import { targetFor, ratio } from './target.js';
import { Why } from './forecast-why.js';
import { Periods, Groups } from './forecast-periods.js';
import { Made, Categories, Promising } from './forecast-made.js';
import { Record } from './forecast-record.js';

const t = leaders.forecast;

/** What will come in, how sure that is, and why it changed. */
export default function Forecast(): ReactNode {
  return (
    <LeadersPage title={t.title} lead={t.lead} filters={['period', 'by']} groupings={['team', 'owner']}>
      {(view) => <Asked view={view} />}
    </LeadersPage>
  );
}

function Asked({ view }: { readonly view: View }): ReactNode {
  const { process, by, period } = view;
  const answer = useApi<ForecastAnswer>('/v1/measures/forecast', { process: process.id, period, by }, { keep: true });
  const targets = useApi<Items<Target>>('/v1/targets', { process: process.id });
  return (
    <Answered of={answer} waiting={<Waiting lines={8} height={48} />}>
      {(forecast) => <Shown view={view} forecast={forecast} targets={targets.data?.items ?? []} />}
    </Answered>
  );
}

function Shown({
  view,
  forecast,
  targets,
}: {
  readonly view: View;
  readonly forecast: ForecastAnswer;
  readonly targets: readonly Target[];
}): ReactNode {
  const [said, setOf] = useUrlState('of');
  const [group, setGroup] = useGroup(forecast.groups);
  const currency = view.definition?.currency ?? 'EUR';
  const periods = group?.periods ?? [];
  const focus = periods.find(({ period }) => period === said) ?? periods.find(({ when }) => when === 'current') ?? periods.at(-1);
  if (!group || !focus) return <Empty title={t.deals.none}>{t.deals.noneHelp}</Empty>;
  const targetOf = (period: string): Amount | null => targetFor(targets, period, forecast.by, group.group);
  return (
    <>
      <div className="looks">
        <Choose label={t.focus} value={focus.period} set={setOf} of={periods.map(({ period }) => [period, period])} />
        {forecast.by !== null && (
          <Choose
            label={leaders.view.group}
            value={group.group ?? '-'}
            set={setGroup}
            of={forecast.groups.map((one) => [one.group ?? '-', groupText(one.group)])}
          />
        )}
      </div>
      <Tiles focus={focus} target={targetOf(focus.period)} view={view} group={group.group} />
      <Why view={view} focus={focus} group={group.group} currency={currency} />
      <Panel title={t.chart.title} className="titled" help={t.chart.cut}>
        <Periods periods={periods} currency={currency} targetOf={targetOf} onPick={setOf} />
      </Panel>
      {forecast.by !== null && <Groups forecast={forecast} of={focus.period} targets={targets} />}
      {focus.total && <Made total={focus.total} />}
      <Categories focus={focus} view={view} group={group} />
      {focus.when !== 'past' && <Promising deals={group.deals} view={view} />}
      <Record view={view} />
    </>
  );
}

function Tiles({
  focus,
  target,
  view,
  group,
}: {
  readonly focus: ForecastPeriod;
  readonly target: Amount | null;
  readonly view: View;
  readonly group: string | null;
}): ReactNode {
  const words = t.tiles;
  const { total } = focus;
  const currency = view.definition?.currency;
  const won = inCurrency(focus.won.amounts, currency);
  const naive = total?.components.find(({ component }) => component === 'moving-average')?.amount ?? null;
  const wonTile = (
    <Tile
      label={focus.when === 'past' ? words.came(focus.period) : words.booked}
      value={money(won ?? total?.booked ?? null, 'short')}
      note={words.wins(count(focus.won.deals))}
      to={wonTo(view, focus, group)}
    />
  );
  const targetTile = (
    <Tile
      label={words.target}
      value={target ? money(target, 'short') : words.noTarget}
      note={
        target
          ? `${words.reached(share(ratio(won ?? total?.booked ?? null, target)))}${total?.p50 ? `; ${words.expectedOfTarget(share(ratio(total.p50, target)))}` : ''}`
          : words.noTargetHelp
      }
      {...(target && { to: TARGETS })}
    />
  );
  if (focus.when === 'past')
    return (
      <div className="tiles">
        {wonTile}
        {targetTile}
        <Tile
          label={leaders.week.tiles.open}
          value={count(focus.open.deals)}
          note={words.late(count(focus.open.deals))}
          to={openTo(view, focus, null, group)}
        />
      </div>
    );
  return (
    <div className="tiles">
      <Tile
        label={words.expected(focus.period)}
        value={total?.p50 ? money(total.p50, 'short') : words.unknown}
        note={
          total?.p10 && total.p90
            ? words.range(money(total.p10, 'short'), money(total.p90, 'short'))
            : (total?.why ?? words.noRange)
        }
        to={openTo(view, focus, null, group)}
      />
      {wonTile}
      <Tile
        label={words.toCome}
        value={total?.p50 ? money({ ...total.p50, minor: total.p50.minor - total.booked.minor }, 'short') : words.unknown}
        note={words.toComeNote}
        to={openTo(view, focus, null, group)}
      />
      {targetTile}
      <Tile
        label={words.naive}
        value={naive && total ? money({ ...naive, minor: naive.minor + total.booked.minor }, 'short') : words.unknown}
        note={words.naiveNote}
        to={wonTo(view, focus, group)}
      />
    </div>
  );
}
