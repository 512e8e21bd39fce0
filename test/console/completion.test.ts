import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { processFileSchema } from '@coxswain/sales-process';

/** The console is a program of its own, which no other part is compiled with. */
const COMPLETION = '../../apps/console/src/pages/operations/completion.ts';
interface Completing {
  readonly completionAt: (text: string, caret: number, schema: object | null) => Found | null;
  readonly placeAt: (before: string) => { readonly path: readonly string[]; readonly value: string | null };
}
interface Found {
  readonly choices: readonly { readonly text: string; readonly about: string | null }[];
}

/** A process file in which `|` is the caret. */
let file: string;
let { completionAt, placeAt }: Completing = { completionAt: () => null, placeAt: () => ({ path: [], value: null }) };
beforeAll(async () => {
  ({ completionAt, placeAt } = (await import(COMPLETION)) as Completing);
  file = await readFile(join(import.meta.dirname, '../../processes/new-business.process.yaml'), 'utf8');
});

function offered(text: string): readonly string[] {
  const caret = text.indexOf('|');
  const found = completionAt(text.replace('|', ''), caret, processFileSchema);
  return found?.choices.map(({ text: one }) => one) ?? [];
}
const inFile = (line: string, put: string): readonly string[] => {
  expect(file).toContain(line);
  return offered(file.replace(line, put));
};

describe('completing a process file', () => {
  test('keys are offered where the schema has them, with what they mean', () => {
    expect(offered('proc|')).toEqual(['process']);
    expect(inFile('  qualified:\n    phase: qualified\n', '  qualified:\n    ph|\n')).toEqual(['phase']);
    expect(inFile('  qualified:\n    phase: qualified\n', '  qualified:\n    |\n')).toContain('whenAllDone');
    const about = completionAt('proc', 4, processFileSchema)!.choices[0]!.about;
    expect(about).toContain('The identity of the process');
  });

  test('within braces and lists too', () => {
    expect(inFile('forecast: { category: pipeline, probability: 15 }', 'forecast: { cat| }')).toEqual(['category']);
    expect(inFile('forecast: { category: pipeline, probability: 15 }', 'forecast: { category: pipeline, | }')).toContain(
      'probability',
    );
    expect(inFile('override: { by: [manager], reason: required }', 'override: { by: [manager], reason: r| }')).toEqual([
      'required',
    ]);
    expect(inFile('          - id: budget\n', '          - i|\n')).toEqual(['id']);
    expect(inFile('            when: "deal.budgetConfirmed"\n', '            |\n')).toContain('override');
  });

  test('values are offered: those of the schema, and names of stages, facts and roles', () => {
    expect(inFile('  qualified:\n    phase: qualified\n', '  qualified:\n    phase: s|\n')).toEqual(['selling']);
    expect(inFile('        to: proposal\n', '        to: neg|\n')).toEqual(['negotiation']);
    expect(inFile('needs: [amount, closeDate, economicBuyer]', 'needs: [amount, dis|]')).toContain('discountPct');
    expect(
      inFile('        by: [rep]\n        needs: [amount, closeDate', '        by: [man|]\n        needs: [amount, closeDate'),
    ).toEqual(['manager']);
    expect(inFile('win:  { to: won, by: [rep, manager]', 'win:  { to: |, by: [rep, manager]')).toContain('won');
  });

  test('where nothing is known, names of the file that begin so', () => {
    expect(inFile('            when: "deal.budgetConfirmed"\n', '            when: "deal.budg|"\n')).toEqual([
      'budget',
      'Budget',
      'budgetConfirmed',
    ]);
    expect(offered('|')).toContain('stages');
  });

  test('the place is told by how far a line is set in', () => {
    expect(placeAt('stages:\n  lead:\n    moves:\n      qualify:\n        ')).toEqual({
      path: ['stages', 'lead', 'moves', 'qualify'],
      value: null,
    });
    expect(placeAt('stages:\n  lead:\n    moves:\n      a: { to: b, checks: [{ id: x, ')).toEqual({
      path: ['stages', 'lead', 'moves', 'a', 'checks', '[]'],
      value: null,
    });
  });
});
