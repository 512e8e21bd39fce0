import { type ReactNode } from 'react';
import type { BridgeAnswer, ForecastAnswer, ForecastPeriod } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import type { Money as Amount } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { Empty, Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { day, majorOf } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { Bridge, reasons } from './bridge-chart.js';
import { dayIn, daysLater, monthsLater, quarterStart } from './period.js';
import { Choose, PickDay, type View } from './view.js';

const t = leaders.forecast;

const SINCE = ['week', 'month', 'quarter', 'own'] as const;

export function Why({
  view,
  focus,
  group,
  currency,
}: {
  readonly view: View;
  readonly focus: ForecastPeriod;
  readonly group: string | null;
  readonly currency: string;
}): ReactNode {
  const words = t.why;
  const [said, setSince] = useUrlState('since');
  const asOf = useAsOf();
  const since = dayIn(said) !== null ? 'own' : (SINCE.find((one) => one === said) ?? 'month');
  const from =
    since === 'own'
      ? (said ?? view.today)
      : since === 'week'
        ? daysLater(view.today, -7)
        : since === 'month'
          ? monthsLater(view.today, -1)
          : quarterStart(view.today);
  const bridge = useApi<BridgeAnswer>(
    '/v1/measures/bridge',
    { process: view.process.id, of: focus.period, from, by: view.by },
    { enabled: from < view.today, keep: true },
  );
  // What was said then is asked of then, whatever instant the console looks at.
  const then = useApi<ForecastAnswer>(
    '/v1/measures/forecast',
    { process: view.process.id, period: view.period, by: view.by, asOf: new Date(`${from}T00:00:00`).toISOString() },
    { timeless: true, enabled: focus.when !== 'past' && from < view.today },
  );
  const before =
    then.data?.groups.find((one) => one.group === group)?.periods.find(({ period }) => period === focus.period)?.total ?? null;
  return (
    <Panel
      title={words.title}
      className="why"
      aside={
        <div className="looks">
          <Choose
            label={words.since}
            value={since}
            set={(next) => setSince(next === 'own' ? daysLater(view.today, -30) : next === 'month' ? null : next)}
            of={SINCE.map((one) => [one, words.sinces[one]])}
          />
          {since === 'own' && <PickDay label={words.day} value={from} set={setSince} max={daysLater(view.today, -1)} />}
        </div>
      }
    >
      <Answered of={bridge} waiting={<Waiting lines={6} height={48} />}>
        {(answer) => {
          const one = answer.groups.find((found) => found.group === group) ?? answer.groups.find(() => view.by === null);
          if (!one) return <Empty title={leaders.bridge.nothing}>{leaders.bridge.nothingHelp}</Empty>;
          return (
            <>
              {focus.when !== 'past' && !then.isPending && (
                <Sentence
                  of={focus.period}
                  from={from}
                  then={before?.p50 ?? null}
                  now={focus.total?.p50 ?? null}
                  booked={[before?.booked ?? null, focus.total?.booked ?? null]}
                />
              )}
              <p className="said">
                {reasons(one.bars, currency, -1, ['won']) !== '' && `${words.down(reasons(one.bars, currency, -1, ['won']))} `}
                {reasons(one.bars, currency, 1) !== '' && words.up(reasons(one.bars, currency, 1))}
              </p>
              <p className="help">{words.help}</p>
              <Bridge
                group={one}
                of={focus.period}
                currency={currency}
                from={from}
                to={asOf === null ? view.today : asOf.slice(0, 10)}
                stage={view.stage}
              />
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

/** In three digits, so that a change and its two ends agree. */
const three = (amount: Amount): string =>
  new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: amount.currency,
    notation: 'compact',
    maximumSignificantDigits: 3,
  }).format(majorOf(amount));

function Sentence({
  of,
  from,
  then,
  now,
  booked,
}: {
  readonly of: string;
  readonly from: string;
  readonly then: Amount | null;
  readonly now: Amount | null;
  readonly booked: readonly [Amount | null, Amount | null];
}): ReactNode {
  const words = t.why;
  if (!then || !now) return <p className="said">{words.noThen(day(from))}</p>;
  const change = now.minor - then.minor;
  const by = three({ ...now, minor: Math.abs(change) });
  const args = [of, by, day(from), three(then), three(now)] as const;
  const [before, after] = booked;
  const won = before && after ? { ...after, minor: after.minor - before.minor } : null;
  return (
    <p className="said">
      <strong>{change === 0 ? words.same(of, day(from)) : change < 0 ? words.fell(...args) : words.rose(...args)}</strong>{' '}
      {won && words.booked(three(won))}
    </p>
  );
}
