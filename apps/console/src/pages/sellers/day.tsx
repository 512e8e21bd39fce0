import './sellers.css';
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useOpenDeals } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { DealRow, ProcessDefinition } from '../../api/types.js';
import { useNow, useUrlState } from '../../as-of.js';
import { Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { sellers } from '../../texts/sellers.js';
import { Only, Show, useShow } from './blocked-or-ready.js';
import { WithProcess } from './chosen.js';
import { EmptyDay } from './empty-day.js';
import { Group, toneOf } from './todo.js';

const { day: t } = sellers;

/** What needs somebody first: overdue, due, blocked and ready deals, each by the money at stake. */
export default function DayPage(): ReactNode {
  const me = useMe();
  const [owner, setOwner] = useUrlState('owner');
  const whose = owner ?? me.name;
  return (
    <Page title={t.title} lead={t.lead(whose)}>
      <WithProcess>
        {(process, definition, choice) => (
          <>
            {choice}
            <Mine process={process.id} definition={definition} owner={whose} onOwner={setOwner} />
          </>
        )}
      </WithProcess>
    </Page>
  );
}

interface Sorted {
  readonly overdue: readonly DealRow[];
  readonly due: readonly DealRow[];
  readonly rest: readonly DealRow[];
}

/** What the limits and the close date say of the open deals of a person, the dearest first. */
function sortedOf(deals: readonly DealRow[], now: number): Sorted {
  const dearest = deals.toSorted((a, b) => (b.amount?.minor ?? -1) - (a.amount?.minor ?? -1));
  const isPast = (deal: DealRow): boolean => toneOf(deal, now) === 'bad';
  const isDue = (deal: DealRow): boolean => toneOf(deal, now) === 'warn';
  const overdue = dearest.filter(isPast);
  const due = dearest.filter(isDue);
  return { overdue, due, rest: dearest.filter((deal) => !isPast(deal) && !isDue(deal)) };
}

function Mine({
  process,
  definition,
  owner,
  onOwner,
}: {
  readonly process: string;
  readonly definition: ProcessDefinition;
  readonly owner: string;
  readonly onOwner: (owner: string | null) => void;
}): ReactNode {
  const me = useMe();
  const deals = useOpenDeals({ process, owner });
  const now = useNow();
  const show = useShow();
  return (
    <Answered of={deals} waiting={<Waiting lines={8} />}>
      {(all) => {
        if (all.length === 0)
          return <EmptyDay process={process} definition={definition} isOwn={owner === me.name} onOwner={onOwner} />;
        const { overdue, due, rest } = sortedOf(all, now);
        return (
          <>
            {owner !== me.name && (
              <Button variant="default" size="compact-sm" onClick={() => onOwner(null)}>
                {me.name}
              </Button>
            )}
            <Show />
            {show === null ? (
              <>
                <Group title={t.overdue} help={t.overdueHelp} deals={overdue} definition={definition} now={now} tone="bad" />
                <Group title={t.due} help={t.dueHelp} deals={due} definition={definition} now={now} tone="warn" />
                <Group title={t.rest} help={t.restHelp} deals={rest} definition={definition} now={now} />
              </>
            ) : (
              <Only which={show} deals={[...overdue, ...due, ...rest]} definition={definition} now={now} />
            )}
          </>
        );
      }}
    </Answered>
  );
}
