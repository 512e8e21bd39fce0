import { type ReactNode } from 'react';
import type { Call, ForecastRecordAnswer } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table, type Column } from '../../components/table.js';
import { count, day, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { daysShown, RateShown, signed, type View } from './view.js';
import { major } from './forecast-periods.js';
import { leans } from './forecast-made.js';

const t = leaders.forecast;

export function Record({ view }: { readonly view: View }): ReactNode {
  const words = t.record;
  const answer = useApi<ForecastRecordAnswer>('/v1/measures/forecast-record', { process: view.process.id });
  return (
    <Panel title={words.title}>
      <Answered of={answer}>
        {({ groups: [group] }) =>
          !group || group.scored === 0 ? (
            <Empty title={words.none}>{words.noneHelp(group?.nextEnd ? day(group.nextEnd) : '–')}</Empty>
          ) : (
            <>
              <p className="help">
                {words.help(count(group.scored), count(group.waiting))} {words.meant}
              </p>
              <div className="two-columns">
                <SaidTable
                  title={words.methods}
                  rows={group.methods.map((one) => ({ ...one, who: t.made.names[one.method] ?? one.method }))}
                  sortName="methodSort"
                  ranges
                />
                <SaidTable
                  title={words.calls}
                  rows={group.calls.map((one) => ({
                    ...one,
                    who: words.call(one.owner ?? one.team ?? words.company, kindText(one.kind)),
                  }))}
                  sortName="callSort"
                />
              </div>
              <h3>{words.list}</h3>
              <Table
                caption={words.list}
                name="forecasts-scored"
                sortName="scoredSort"
                rows={group.list}
                rowKey={(one) => `${one.saidAt}${one.kind}${one.owner ?? ''}${one.team ?? ''}${one.period}`}
                columns={[
                  { key: 'period', label: words.listColumns.period, value: ({ period }) => period, show: ({ period }) => period },
                  {
                    key: 'who',
                    label: words.columns.who,
                    value: (one) => whoOf(one),
                    show: (one) => whoOf(one),
                  },
                  {
                    key: 'when',
                    label: words.listColumns.when,
                    value: ({ saidAt }) => saidAt,
                    show: ({ saidAt }) => <Instant at={saidAt} />,
                  },
                  {
                    key: 'lead',
                    label: words.listColumns.lead,
                    align: 'right',
                    value: ({ leadDays }) => leadDays,
                    show: ({ leadDays }) => daysShown(leadDays),
                  },
                  {
                    key: 'said',
                    label: words.listColumns.said,
                    align: 'right',
                    value: ({ said }) => major(said),
                    show: ({ said }) => money(said, 'short'),
                  },
                  {
                    key: 'range',
                    label: words.listColumns.range,
                    align: 'right',
                    value: ({ p10 }) => major(p10),
                    show: ({ p10, p90 }) => (p10 && p90 ? leaders.view.between(money(p10, 'short'), money(p90, 'short')) : '–'),
                  },
                  {
                    key: 'came',
                    label: words.listColumns.came,
                    align: 'right',
                    value: ({ actual }) => major(actual),
                    show: ({ actual }) => money(actual, 'short'),
                  },
                  {
                    key: 'error',
                    label: words.listColumns.error,
                    align: 'right',
                    value: ({ error }) => major(error),
                    show: ({ error }) => signed(error),
                  },
                ]}
              />
            </>
          )
        }
      </Answered>
    </Panel>
  );
}

const kindText = (kind: string): string =>
  kind === 'commit' ? t.record.commit : kind === 'best-case' ? t.record['best-case'] : t.made.names['blend']!;

const whoOf = ({ kind, owner, team }: Pick<Call, 'owner' | 'team'> & { readonly kind: string }): string =>
  kind === 'forecast'
    ? `${kindText(kind)}${owner || team ? `, ${owner ?? team}` : ''}`
    : t.record.call(owner ?? team ?? t.record.company, kindText(kind));

function SaidTable({
  title,
  rows,
  sortName,
  ranges = false,
}: {
  readonly title: string;
  readonly rows: readonly (ForecastRecordAnswer['groups'][number]['leadTimes'][number]['blend'] & { readonly who: string })[];
  readonly sortName: string;
  readonly ranges?: boolean;
}): ReactNode {
  const words = t.record.columns;
  const within: Column<(typeof rows)[number]> = {
    key: 'within',
    label: words.within,
    align: 'right',
    value: (one) => one.within.rate,
    show: (one) => (one.within.of === 0 ? '–' : <RateShown rate={one.within} of={words.within} />),
  };
  return (
    <div>
      <h3>{title}</h3>
      <Table
        caption={title}
        name={`forecast-record-${sortName}`}
        sortName={sortName}
        rows={rows}
        rowKey={({ who }) => who}
        columns={[
          { key: 'who', label: words.who, value: ({ who }) => who, show: ({ who }) => who },
          { key: 'said', label: words.said, align: 'right', value: ({ said }) => said, show: ({ said }) => count(said) },
          { key: 'error', label: words.error, align: 'right', value: ({ wape }) => wape, show: ({ wape }) => share(wape) },
          { key: 'bias', label: words.bias, align: 'right', value: ({ bias }) => bias, show: ({ bias }) => leans(bias) },
          ...(ranges ? [within] : []),
        ]}
      />
    </div>
  );
}
