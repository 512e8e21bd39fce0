import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AlignmentMachine } from '@coxswain/projections';
import { readProcessFile, type SalesProcess } from '@coxswain/sales-process';
import { machineOfProcess } from '../../libs/projections/src/process-machine.js';
import { KETTLES } from './given.js';

const processes = readdirSync('processes')
  .filter((name) => name.endsWith('.process.yaml'))
  .map((name) => [name, readProcessFile(readFileSync(`processes/${name}`, 'utf8')).process!] as const);

const waysOn = ({ moves, whenAllDone }: SalesProcess['stages'][string]): string[] => [
  ...Object.values(moves).map(({ to }) => to),
  ...(whenAllDone === undefined ? [] : [whenAllDone]),
];

test.each(processes)('whoever only makes the moves of %s fits it throughout, wherever they stand', (_, process) => {
  const machine = new AlignmentMachine(machineOfProcess(process));
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 25 }), (choices) => {
      const path = [process.start];
      for (const choice of choices) {
        const ways = waysOn(process.stages[path.at(-1)!]!);
        if (ways.length > 0) path.push(ways[choice % ways.length]!);
      }
      expect(machine.align(path, { open: true })).toMatchObject({ cost: 0, fitness: 1 });
      const { phase } = process.stages[path.at(-1)!]!;
      if (phase === 'closed' || phase === 'customer') expect(machine.align(path)).toMatchObject({ cost: 0, fitness: 1 });
      else expect(machine.align(path)!.cost).toBeGreaterThan(0);
    }),
  );
});

test('entering a stage is a step; the capture enters the first, and a deal may end won, lost or as a customer', () => {
  expect(machineOfProcess(KETTLES)).toEqual({
    initial: '',
    finals: ['won', 'lost', 'live'],
    edges: [
      ['', 'lead', 'lead'],
      ['lead', 'qualified', 'qualified'],
      ['qualified', 'proposal', 'proposal'],
      ['proposal', 'won', 'won'],
      ['won', 'live', 'live'],
      ['lost', 'lead', 'lead'],
    ],
  });
});
