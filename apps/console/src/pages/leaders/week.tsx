import { useEffect, type ReactNode } from 'react';
import type { AdherenceAnswer } from '../../api/leaders-types.js';
import { useApi, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { DealRow, Money as Amount } from '../../api/types.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { say } from '../../components/notices.js';
import { Waiting } from '../../components/page.js';
import { count, day, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { dayIn, daysLater, monthsLater, quarterOf, quarterStart } from './period.js';
import { behind, Choose, dealsPath, inCurrency, LeadersPage, PickDay, signed, Tile, valueText, type View } from './view.js';
import { startOfDay, amountsOf, Changed } from './week-changes.js';
import { useTotal } from './week-total.js';
import { useScorecard, times, Coverage, Overrides } from './week-coverage.js';
import { lateness, Stuck } from './week-stuck.js';
import { Calls } from './week-calls.js';

const t = leaders.week;

const SINCE = ['7', '14', '30'] as const;

/** What changed since the last review, and what needs a decision. */
export default function Week(): ReactNode {
  const [said, setSince] = useUrlState('since');
  const me = useMe();
  const past = useAsOf() !== null;
  // The day of the last review is remembered in this browser, and stands in the address, so that it can be sent on.
  const remembered = `coxswain.reviewed.${me.name}`;
  const last = dayIn(localStorage.getItem(remembered));
  useEffect(() => {
    if (said === null && last !== null && !past) setSince(last);
  }, [said, last, past, setSince]);
  const own = dayIn(said);
  const since = own === null ? (SINCE.find((one) => one === said) ?? '7') : 'own';
  return (
    <LeadersPage
      title={t.title}
      lead={t.lead}
      filters={[]}
      more={({ today }) => (
        <>
          <Choose
            label={t.since}
            value={since}
            set={(next) => setSince(next === 'own' ? daysLater(today, -7) : next)}
            of={[...SINCE, 'own' as const].map((one) => [one, t.sinces[one]])}
          />
          {own !== null && <PickDay label={leaders.forecast.why.day} value={own} set={setSince} max={daysLater(today, -1)} />}
          {!past && (
            <button
              type="button"
              className="plain no-print"
              title={t.reviewedHelp}
              onClick={() => {
                localStorage.setItem(remembered, today);
                say(t.noted);
              }}
            >
              ✓ {t.reviewed}
            </button>
          )}
        </>
      )}
    >
      {(view) => (
        <Review
          view={view}
          from={own ?? (since === '30' ? monthsLater(view.today, -1) : daysLater(view.today, -Number(since)))}
        />
      )}
    </LeadersPage>
  );
}

function Review({ view, from }: { readonly view: View; readonly from: string }): ReactNode {
  const { process } = view;
  const open = useOpenDeals({ process: process.id });
  return (
    <>
      <Tiles view={view} from={from} open={open.data} />
      <Changed view={view} from={from} open={open} />
      <Calls view={view} />
      <div className="two-columns">
        <Coverage view={view} />
        <Overrides view={view} from={from} />
      </div>
      <Stuck view={view} open={open} />
    </>
  );
}

function Tiles({
  view,
  from,
  open,
}: {
  readonly view: View;
  readonly from: string;
  readonly open: readonly DealRow[] | undefined;
}): ReactNode {
  const words = t.tiles;
  const of = quarterOf(view.today);
  const currency = view.definition?.currency ?? 'EUR';
  const now = useTotal(view);
  const then = useTotal(view, startOfDay(from));
  const scorecard = useScorecard(view, null);
  const period = scorecard.data?.groups[0]?.periods.at(-1);
  const adherence = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: view.process.id, from });
  const overridden = adherence.data?.groups[0]?.overriddenSteps;
  const late = open?.filter((one) => lateness(one, view.today) !== null);
  const change = now?.p50 && then?.p50 ? { ...now.p50, minor: now.p50.minor - then.p50.minor } : null;
  if (!period || !open) return <Waiting lines={1} height={96} />;
  const left = period.target
    ? { ...period.target, minor: period.target.minor - (inCurrency(period.won.amounts, currency)?.minor ?? 0) }
    : null;
  return (
    <div className="tiles">
      <Tile
        label={words.expected(of)}
        waiting={now === undefined}
        value={money(now?.p50 ?? null, 'short')}
        to={`/forecast?process=${view.process.id}&since=${from}`}
        {...(change === null || change.minor === 0 ? {} : { tone: change.minor < 0 ? ('bad' as const) : ('good' as const) })}
        note={
          <>
            {now?.p10 && now.p90
              ? leaders.forecast.tiles.range(money(now.p10, 'short'), money(now.p90, 'short'))
              : (now?.why ?? leaders.forecast.tiles.noRange)}
            {change && (
              <>
                <br />
                {words.was(signed(change), day(from))}
              </>
            )}
          </>
        }
      />
      <Tile
        label={words.booked}
        value={valueText(period.won)}
        note={
          period.attainment === null
            ? leaders.view.deals(count(period.won.deals))
            : leaders.forecast.tiles.reached(share(period.attainment))
        }
        to={behind(
          'scorecard',
          { process: view.process, window: { from: quarterStart(view.today), to: null } },
          { period: 'quarter', cohort: of, outcome: 'won' },
        )}
      />
      <Tile
        label={words.coverage}
        value={period.coverageNow === null ? '–' : times(period.coverageNow)}
        note={
          period.target === null
            ? words.coverageNone
            : left && left.minor > 0
              ? words.coverageNote(money(toClose(open, view, currency), 'short'), money(left, 'short'))
              : words.coverageMet
        }
        to={dealsPath(closing(open, view, currency).map(({ id }) => id))}
        {...(period.coverageNow !== null && period.coverageNow < 1 ? { tone: 'bad' as const } : {})}
      />
      <Tile
        label={words.open}
        value={valueText({ amounts: amountsOf(open) })}
        note={leaders.view.deals(count(open.length))}
        to={behind('pipeline', { process: view.process, window: { from: null, to: null } }, { outcome: 'open' })}
      />
      <Tile
        label={words.stuck}
        value={valueText({ amounts: amountsOf(late ?? []) })}
        note={words.stuckNote(count(late?.length ?? 0))}
        to={dealsPath(late?.map(({ id }) => id) ?? [])}
        {...((late?.length ?? 0) > 0 ? { tone: 'bad' as const } : {})}
      />
      <Tile
        label={words.overrides}
        waiting={adherence.isPending}
        value={overridden ? count(overridden.count) : '–'}
        note={overridden ? words.overridesNote(count(overridden.of)) : undefined}
        to={behind('adherence', { process: view.process, window: { from, to: null } }, { outcome: 'overridden' })}
      />
    </div>
  );
}

/** The open deals that are to close this quarter. */
function closing(open: readonly DealRow[], view: View, currency: string): readonly DealRow[] {
  const of = quarterOf(view.today);
  return open.filter(
    ({ closeDate, amount }) => closeDate !== null && quarterOf(closeDate) === of && amount?.currency === currency,
  );
}

const toClose = (open: readonly DealRow[], view: View, currency: string): Amount => ({
  minor: closing(open, view, currency).reduce((sum, { amount }) => sum + amount!.minor, 0),
  currency,
});
