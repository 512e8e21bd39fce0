import type { SalesProcess } from '@coxswain/sales-process';
import { align, AlignmentMachine, type Alignment, type Edge, type Machine, type Stretch } from './alignment.js';
import type { Lineage } from './lineage.js';

/** Where a deal is before it is captured. */
const BEFORE = '';

/**
 * A process as an alignment reads it: its stages are the states, and entering a stage is the label; how a move is named, who may ask for
 * it and what it needs is no part of it, nor are the places within tracks. It begins with the capture and may end in any stage of phase
 * closed or customer, where a deal stands won or lost.
 *
 * @param stageOf what a stage is called, so that several versions speak of the same stages
 */
export function machineOfProcess(process: SalesProcess, stageOf: (stage: string) => string = (stage) => stage): Machine {
  const enters = (from: string, to: string): Edge => [from, stageOf(to), stageOf(to)];
  const stages = Object.values(process.stages);
  return {
    initial: BEFORE,
    finals: [...new Set(stages.filter(isEnd).map(({ id }) => stageOf(id)))],
    edges: [
      enters(BEFORE, process.start),
      ...stages.flatMap(({ id, moves, whenAllDone }) => [
        ...Object.values(moves).map(({ to }) => enters(stageOf(id), to)),
        ...(whenAllDone === undefined ? [] : [enters(stageOf(id), whenAllDone)]),
      ]),
    ],
  };
}

const isEnd = ({ phase }: SalesProcess['stages'][string]): boolean => phase === 'closed' || phase === 'customer';

/** Aligns paths to the versions of one process, each stage to the version in force when it was entered. */
export class PathAligner {
  private readonly machines = new Map<number, AlignmentMachine | null>();

  constructor(private readonly lineage: Lineage) {}

  /** Null without any version of the process to hold the path against. A version that is not known counts as the latest. */
  align(stages: readonly string[], versions: readonly number[], open: boolean): Alignment | null {
    const stretches: { machine: AlignmentMachine; labels: string[] }[] = [];
    for (const [index, stage] of stages.entries()) {
      const machine = this.machineOf(versions[index]!);
      if (!machine) return null;
      const here = stretches.at(-1);
      if (here?.machine === machine) here.labels.push(stage);
      else stretches.push({ machine, labels: [stage] });
    }
    return align(stretches satisfies readonly Stretch[], { open });
  }

  private machineOf(version: number): AlignmentMachine | null {
    const { latest } = this.lineage;
    const number = this.lineage.definition(version) ? version : (latest?.ref.version ?? null);
    if (number === null) return null;
    let machine = this.machines.get(number);
    if (machine === undefined) {
      const definition = this.lineage.definition(number)!;
      machine = new AlignmentMachine(machineOfProcess(definition, (stage) => this.lineage.stageOf(stage)));
      this.machines.set(number, machine);
    }
    return machine;
  }
}
