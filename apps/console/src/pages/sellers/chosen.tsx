import type { ReactNode } from 'react';
import { useProcesses, useProcessVersion } from '../../api/queries.js';
import type { ProcessDefinition, PublishedProcess } from '../../api/types.js';
import { useUrlState } from '../../as-of.js';
import { Empty, Waiting } from '../../components/page.js';
import { Answered, ProblemBox } from '../../components/problem-box.js';
import { common } from '../../texts/common.js';
import { sellers } from '../../texts/sellers.js';

/** Which process a page of sellers looks at: the one of the address, else the first. */
export function WithProcess({
  children,
}: {
  readonly children: (process: PublishedProcess, definition: ProcessDefinition, choice: ReactNode) => ReactNode;
}): ReactNode {
  const processes = useProcesses();
  const [named, name] = useUrlState('process');
  const chosen = processes.data?.items.find(({ id }) => id === named) ?? preferred(processes.data?.items ?? []);
  const version = useProcessVersion(chosen?.id, chosen?.version);
  return (
    <Answered of={processes} waiting={<Waiting lines={6} />}>
      {({ items }) => {
        if (!chosen) return <Empty title={common.noProcess.title}>{common.noProcess.help}</Empty>;
        if (!version.data) return version.error ? <ProblemBox problem={version.error} /> : <Waiting lines={6} />;
        const choice = items.length > 1 && (
          <label className="field inline">
            <span>{sellers.board.process}</span>
            <select value={chosen.id} onChange={({ target }) => name(target.value)}>
              {items.map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        );
        return children(chosen, version.data.definition, choice);
      }}
    </Answered>
  );
}

/** Which process is meant where none is named. */
export const preferred = (items: readonly PublishedProcess[]): PublishedProcess | undefined =>
  items.find(({ id }) => id === 'new-business') ?? items[0];
