import { lazy, Suspense, type ReactNode } from 'react';
import type { ProcessDefinition } from '../api/types.js';
import { Waiting } from './page.js';

export interface MachineProps {
  readonly definition: ProcessDefinition;
  /** The stage a deal stands in. */
  readonly here?: string;
  /** Stages it has been in. */
  readonly been?: readonly string[];
  /** A line under a stage's name, such as how many deals stand in it. */
  readonly notes?: Readonly<Record<string, string>>;
  /** How many deals took each step, by `from to`; steps that the process does not have are drawn dashed. */
  readonly walks?: ReadonlyMap<string, number>;
  /** How warm a stage is, 0 to 1: the warmer, the more it is coloured. */
  readonly heat?: Readonly<Record<string, number>>;
  readonly onPick?: (stage: string) => void;
}

const Drawn = lazy(() => import('./machine-drawn.js'));

/** The process as a map of its stages and moves, with the same in words for those who do not see it. */
export function Machine(props: MachineProps): ReactNode {
  const { definition, here } = props;
  return (
    <div className="machine">
      <div role="group" aria-label={definition.title}>
        <Suspense fallback={<Waiting lines={6} />}>
          <Drawn {...props} />
        </Suspense>
      </div>
      <ul className="unseen">
        {Object.values(definition.stages).map(({ id, label, moves, whenAllDone }) => (
          <li key={id}>
            {label}
            {id === here ? ' (now here)' : ''}:{' '}
            {[
              ...Object.values(moves).map((move) => `${move.label} to ${definition.stages[move.to]?.label ?? move.to}`),
              ...(whenAllDone
                ? [`by itself to ${definition.stages[whenAllDone]?.label ?? whenAllDone} when all tracks are done`]
                : []),
            ].join(', ') || 'the end'}
          </li>
        ))}
      </ul>
    </div>
  );
}
