import { type ReactNode } from 'react';
import type { AdherenceAnswer, Difference } from '../../api/leaders-types.js';
import { Figure } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { Table } from '../../components/table.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { behind, daysShown, points, RateShown, type View } from './view.js';

const t = leaders.adherence;
type Group = AdherenceAnswer['groups'][number];

const differenceText = (one: Difference | null | undefined): string =>
  one ? t.difference(points(one.difference), points(one.low), points(one.high)) : '–';

export function Outcomes({ view, group }: { readonly view: View; readonly group: Group }): ReactNode {
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

export function People({ people, view }: { readonly people: AdherenceAnswer['people']; readonly view: View }): ReactNode {
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
