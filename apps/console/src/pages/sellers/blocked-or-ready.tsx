import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useMovesOf } from '../../api/queries.js';
import type { DealRow, ProcessDefinition } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Waiting } from '../../components/page.js';
import { ProblemBox } from '../../components/problem-box.js';
import { count } from '../../format.js';
import { sellers } from '../../texts/sellers.js';
import { Group, waysOn } from './todo.js';

const { day: t } = sellers;
/** So many deals are asked what they need, one call each. */
const MOST_ASKED = 200;

const SHOWS = ['blocked', 'ready'] as const;
type Shown = (typeof SHOWS)[number];

/** Of the address: only deals that are blocked, or only those that are ready; null for all. */
export function useShow(): Shown | null {
  const [show] = useUrlState('show');
  return SHOWS.find((one) => one === show) ?? null;
}

/** Which deals of the day are shown. */
export function Show(): ReactNode {
  const show = useShow();
  const [, setShow] = useUrlState('show');
  return (
    <div className="row toggles" role="group" aria-label={t.show}>
      {([null, ...SHOWS] as const).map((one) => (
        <Button
          key={one}
          size="compact-sm"
          variant={one === show ? 'filled' : 'default'}
          aria-pressed={one === show}
          onClick={() => setShow(one)}
        >
          {one === null ? t.everything : one === 'blocked' ? t.blocked : t.readyOnes}
        </Button>
      ))}
    </div>
  );
}

/** The deals of which no way on is open, or those of which one is, whatever the day says of them. */
export function Only({
  which,
  deals,
  definition,
  now,
}: {
  readonly which: Shown;
  readonly deals: readonly DealRow[];
  readonly definition: ProcessDefinition;
  readonly now: number;
}): ReactNode {
  const asked = deals.slice(0, MOST_ASKED);
  const moves = useMovesOf(asked.map(({ id }) => id));
  const failed = moves.find(({ error }) => error !== null);
  if (failed) return <ProblemBox problem={failed.error} again={() => moves.forEach((one) => void one.refetch())} />;
  if (moves.some(({ isPending }) => isPending)) return <Waiting lines={8} />;
  const fits = asked.filter((_, at) => {
    const ways = waysOn(moves[at]?.data?.moves ?? [], definition);
    return ways.length > 0 && ways.some(({ allowed }) => allowed) === (which === 'ready');
  });
  return (
    <>
      {deals.length > asked.length && <p className="help">{t.asked(count(asked.length), count(deals.length))}</p>}
      <Group
        key={which}
        title={which === 'ready' ? t.readyOnes : t.blocked}
        help={which === 'ready' ? t.readyHelp : t.blockedHelp}
        deals={fits}
        definition={definition}
        now={now}
      />
    </>
  );
}
