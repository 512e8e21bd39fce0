import { type ReactNode } from 'react';
import { type UseQueryResult } from '@tanstack/react-query';
import type { Problem } from '../../api/client.js';
import type { AdherenceAnswer, ScorecardAnswer, ScorecardPeriod } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { Figure } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Table } from '../../components/table.js';
import { count, majorOf, money, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { quarterOf, quarterStart } from './period.js';
import { behind, groupText, stepsPath, TARGETS, valueText, type View } from './view.js';

const t = leaders.week;

export function useScorecard(view: View, by: 'team' | null): UseQueryResult<ScorecardAnswer, Problem> {
  return useApi<ScorecardAnswer>('/v1/measures/scorecard', {
    process: view.process.id,
    period: 'quarter',
    from: quarterStart(view.today),
    by,
  });
}

/** Near 1 every hundredth counts. */
export const times = (ratio: number): string =>
  `${new Intl.NumberFormat(undefined, { maximumFractionDigits: ratio < 1.5 ? 2 : 1 }).format(ratio)} ×`;

export function Coverage({ view }: { readonly view: View }): ReactNode {
  const words = t.coverage;
  const { columns } = words;
  const answer = useScorecard(view, 'team');
  const of = quarterOf(view.today);
  const to = (group: string | null, outcome: string): string =>
    behind(
      'scorecard',
      { process: view.process, window: { from: quarterStart(view.today), to: null }, by: 'team' },
      { period: 'quarter', cohort: of, outcome, group },
    );
  return (
    <Panel title={words.title} help={words.help}>
      <Answered of={answer}>
        {({ groups }) => {
          const rows = groups.flatMap(({ group, periods }) => {
            const period: ScorecardPeriod | undefined = periods.at(-1);
            return period ? [{ group, period }] : [];
          });
          return (
            <Table
              caption={words.title}
              name={`coverage-${of}`}
              sortName="coverageSort"
              rows={rows}
              rowKey={({ group }) => group ?? '-'}
              empty={<Empty title={words.none} />}
              columns={[
                { key: 'team', label: columns.team, value: ({ group }) => group, show: ({ group }) => groupText(group) },
                {
                  key: 'won',
                  label: columns.won,
                  align: 'right',
                  value: ({ period }) => (period.won.amounts[0] ? majorOf(period.won.amounts[0]) : 0),
                  show: ({ group, period }) => (
                    <Figure to={to(group, 'won')} of={columns.won}>
                      {valueText(period.won)}
                    </Figure>
                  ),
                },
                {
                  key: 'target',
                  label: columns.target,
                  align: 'right',
                  value: ({ period }) => period.target && majorOf(period.target),
                  show: ({ period }) =>
                    period.target === null ? (
                      '–'
                    ) : (
                      <Figure to={TARGETS} of={columns.target}>
                        {money(period.target, 'short')}
                      </Figure>
                    ),
                },
                {
                  key: 'attainment',
                  label: columns.attainment,
                  align: 'right',
                  value: ({ period }) => period.attainment,
                  show: ({ group, period }) =>
                    period.attainment === null ? (
                      '–'
                    ) : (
                      <Figure to={to(group, 'won')} of={columns.attainment}>
                        {share(period.attainment)}
                      </Figure>
                    ),
                },
                {
                  key: 'coverage',
                  label: columns.coverage,
                  align: 'right',
                  value: ({ period }) => period.coverageNow,
                  show: ({ group, period }) =>
                    period.coverageNow === null ? (
                      '–'
                    ) : (
                      <Figure
                        to={`/deals?process=${view.process.id}&result=open${group === null ? '' : `&team=${encodeURIComponent(group)}`}`}
                        of={columns.coverage}
                      >
                        {times(period.coverageNow)}
                      </Figure>
                    ),
                },
              ]}
            />
          );
        }}
      </Answered>
    </Panel>
  );
}

export function Overrides({ view, from }: { readonly view: View; readonly from: string }): ReactNode {
  const words = t.overrides;
  const answer = useApi<AdherenceAnswer>('/v1/measures/adherence', { process: view.process.id, from }, { keep: true });
  return (
    <Panel title={words.title}>
      <Answered of={answer}>
        {({ groups: [group] }) => (
          <OverrideTable view={{ process: view.process, window: { from, to: null } }} rows={group?.overrides ?? []} />
        )}
      </Answered>
    </Panel>
  );
}

export function OverrideTable({
  view,
  rows,
  group,
}: {
  readonly view: Parameters<typeof behind>[1];
  readonly rows: AdherenceAnswer['groups'][number]['overrides'];
  readonly group?: string | null;
}): ReactNode {
  const words = t.overrides;
  const { columns } = words;
  return (
    <Table
      caption={words.title}
      name="overrides"
      sortName="overrideSort"
      rows={rows}
      rowKey={({ check, by }) => `${check} ${by}`}
      empty={<Empty title={words.none}>{words.noneHelp}</Empty>}
      columns={[
        { key: 'check', label: columns.check, value: ({ check }) => check, show: ({ check }) => check },
        { key: 'by', label: columns.by, value: ({ by }) => by, show: ({ by }) => by },
        {
          key: 'steps',
          label: columns.steps,
          align: 'right',
          value: ({ steps }) => steps,
          show: ({ check, by, steps }) => (
            <Figure to={stepsPath(view, { check, by, outcome: 'overridden' })} of={columns.steps}>
              {count(steps)}
            </Figure>
          ),
        },
        {
          key: 'deals',
          label: columns.deals,
          align: 'right',
          value: ({ deals }) => deals,
          show: ({ check, by, deals }) => (
            <Figure to={behind('adherence', view, { check, person: by, group })} of={columns.deals}>
              {count(deals)}
            </Figure>
          ),
        },
      ]}
    />
  );
}
