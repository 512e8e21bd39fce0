import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useApi, useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { BoardSummary, ProcessDefinition } from '../../api/types.js';
import { useAsOf } from '../../as-of.js';
import { Link } from '../../components/link.js';
import { Empty, Panel } from '../../components/page.js';
import { count } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { Capture } from './capture.js';

const { day: t } = sellers;

/** The day of somebody who owns no deals: how to come to one, whose day could be looked at, and where their role may act. */
export function EmptyDay({
  process,
  definition,
  isOwn,
  onOwner,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  /** Whether it is the day of whoever looks. */
  readonly isOwn: boolean;
  readonly onOwner: (owner: string) => void;
}): ReactNode {
  return (
    <>
      <Empty title={t.empty} action={<Others process={process} definition={definition} onOwner={onOwner} />}>
        {t.emptyHelp}
      </Empty>
      {isOwn && <OfYourRole process={process} definition={definition} />}
    </>
  );
}

/** For those who own no deals but act on those of others: the moves that only some may make, they among them, and how many deals stand there. */
function OfYourRole({ process, definition }: { readonly process: string; readonly definition: ProcessDefinition }): ReactNode {
  const { roles } = useMe();
  const heads = useApi<BoardSummary>('/v1/board', { process });
  const places = Object.values(definition.stages).flatMap((stage) => {
    const inTracks = Object.values(stage.tracks).flatMap((track) => Object.values(track.stages));
    const moves = [stage, ...inTracks].flatMap((place) => Object.values(place.moves));
    const labels = moves.filter(({ by }) => by.some((role) => roles.includes(role))).map(({ label }) => label);
    const deals = stage.result === undefined ? (heads.data?.stages.find((one) => one.stage === stage.id)?.deals ?? 0) : 0;
    return labels.length > 0 && deals > 0 ? [{ stage, labels, deals }] : [];
  });
  if (places.length === 0) return null;
  return (
    <Panel title={t.ofYourRole(roles.join(', '))} help={t.ofYourRoleHelp}>
      <ul className="found">
        {places.map(({ stage, labels, deals }) => (
          <li key={stage.id}>
            <Link to={`/deals?process=${encodeURIComponent(process)}&stage=${encodeURIComponent(stage.id)}`}>
              {t.standIn(count(deals), stage.label)}
            </Link>{' '}
            <span className="dimmed">{labels.join(', ')}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Whose deals there are, for those who own none. */
function Others({
  process,
  definition,
  onOwner,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  readonly onOwner: (owner: string) => void;
}): ReactNode {
  const past = useAsOf() !== null;
  const [capturing, setCapturing] = useState(false);
  const all = useOpenDeals({ process });
  const owners = [...new Set((all.data ?? []).map(({ owner }) => owner))].toSorted();
  return (
    <div className="row centre">
      {!past && <Button onClick={() => setCapturing(true)}>{sellers.board.capture}</Button>}
      {capturing && <Capture definition={definition} onClose={() => setCapturing(false)} />}
      <Link to="/board">{t.toBoard}</Link>
      {owners.length > 0 && (
        <label className="field inline">
          <span>{t.others}</span>
          <select value="" onChange={({ target }) => onOwner(target.value)}>
            <option value="" disabled>
              {t.choose}
            </option>
            {owners.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
