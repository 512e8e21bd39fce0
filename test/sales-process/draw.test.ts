import { instance } from '@viz-js/viz';
import { expect, test } from '@jest/globals';
import { readProcessFile, toDot, toMermaid } from '@coxswain/sales-process';
import { processFile } from './given.js';

const read = (name: string) => readProcessFile(processFile(name)).process!;

test('the Mermaid drawing of new business shows its start, its moves and its two tracks', () => {
  const drawn = toMermaid(read('new-business')).split('\n');
  expect(drawn[0]).toBe('stateDiagram-v2');
  expect(drawn).toContain('  [*] --> s0');
  expect(drawn).toContain('  state "Lead" as s0');
  expect(drawn).toContain('  s0 --> s1: Qualify');
  expect(drawn).toContain('  s2 --> s3: once every track is done');
  expect(drawn.filter((line) => line === '    --')).toHaveLength(1);
  expect(drawn).toContain('    s2t1_0 --> s2t1_1: Approve');
  expect(drawn).toContain('  class s6 customer');
});

test('moves to the same stage share an arrow, and one that opens a deal says so', () => {
  expect(toMermaid(read('new-business'))).toContain(
    's7 --> s7: Touch / Upsell (opens new-business) / Repeat (opens new-business) / Refer (opens new-business)',
  );
});

test('a label cannot break out of a drawing', async () => {
  const hostile = readProcessFile(
    processFile('crm-export').replace('phase: lead', 'label: "A \\"b\\"; c: d\\n] } -->"\n    phase: lead'),
  ).process!;
  expect(toMermaid(hostile)).toContain('state "A #34;b#34;#59; c#58; d#10;#93; #125; --#62;" as s0');
  const viz = await instance();
  expect(viz.renderString(toDot(hostile), { format: 'svg' })).toContain('>A &quot;b&quot;; c: d ] } &#45;&#45;&gt;<');
});

test.each(['new-business', 'crm-export', 'loan-application'])('Graphviz draws every stage of %s', async (name) => {
  const process = read(name);
  const viz = await instance();
  const { status, errors, output } = viz.render(toDot(process), { format: 'svg' });
  expect([status, errors]).toEqual(['success', []]);
  for (const { label } of Object.values(process.stages)) expect(output!.replaceAll('&#45;', '-')).toContain(`>${label}<`);
});

test('Graphviz reads from left to right, and what follows the tracks stands to the right of their box', async () => {
  const viz = await instance();
  const { objects } = viz.renderJSON(toDot(read('new-business'))) as {
    readonly objects: readonly { readonly name: string; readonly pos?: string; readonly bb?: string }[];
  };
  const left = (name: string): number => Number(objects.find((one) => one.name === name)!.pos!.split(',')[0]);
  const way = [
    'lead',
    'qualified',
    'proposal/commercial/drafting',
    'proposal/commercial/sent',
    'label proposal > negotiation',
    'negotiation',
    'won',
    'onboarding',
    'active',
  ];
  expect(way.toSorted((a, b) => left(a) - left(b))).toEqual(way);
  const [, , endOfBox] = objects
    .find(({ name }) => name === 'cluster proposal')!
    .bb!.split(',')
    .map(Number);
  expect(left('label proposal > negotiation')).toBeGreaterThan(endOfBox!);
});
