import { type ReactNode } from 'react';
import type { AdherenceAnswer, AdherenceGroup } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { Panel, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { count, share } from '../../format.js';
import { leaders } from '../../texts/leaders.js';
import { behind, stepsPath, Choose, groupText, LeadersPage, Tile, useGroup, type View, NothingInWindow } from './view.js';
import { OverrideTable } from './week-coverage.js';
import { fit, ByGroup, GroupTable } from './adherence-groups.js';
import { Variants } from './adherence-variants.js';
import { Months, Deviations, StageDeviations, Limits, Worst } from './adherence-stages.js';
import { Outcomes, People } from './adherence-outcomes.js';

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
