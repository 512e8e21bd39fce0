import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readProcessFile, type Problem } from '@coxswain/sales-process';

const FOLDER = join(import.meta.dirname, 'faulty');
const textOf = (name: string): string => readFileSync(join(FOLDER, `${name}.process.yaml`), 'utf8');

/** Each file: the one fault planted in it, what the line says that it stands at, and how the story of the deal that shows it ends. */
const PLANTED: readonly (readonly [file: string, code: string, severity: Problem['severity'], line: string, ends: string])[] = [
  [
    'unreachable-stage',
    'unreachable-stage',
    'error',
    'legal:',
    'Whatever is done with it, it comes to Lead, Qualified, Lost, Proposal, Negotiation and Won at most.',
  ],
  [
    'unreachable-track-stage',
    'unreachable-stage',
    'error',
    'checked:',
    'Track Paper begins in Drafting; no move leads on to Checked.',
  ],
  ['dead-end', 'dead-end', 'error', 'parked:', 'There it stands: no move leads on, and it is neither won nor lost.'],
  [
    'round-in-circles',
    'dead-end',
    'error',
    'asleep:',
    'From there it comes to Asleep and Awake, round and round, and is never won or lost.',
  ],
  [
    'closes-without-result',
    'dead-end',
    'error',
    'withdrawn:',
    'There it stands: no move leads on, and it is neither won nor lost.',
  ],
  [
    'no-way-to-win',
    'no-way-to-win',
    'error',
    'stages:',
    'It may come to Lead, Qualified, Lost, Proposal, Negotiation and Won, and in none of them is it won.',
  ],
  [
    'no-way-to-lose',
    'no-way-to-lose',
    'error',
    'stages:',
    'It may come to Lead, Qualified, Lost, Proposal, Negotiation and Won, and in none of them is it lost.',
  ],
  [
    'number-out-of-reach',
    'check-never-holds',
    'error',
    'deal.fitScore >= 600',
    'No deal ever comes to Qualified, Proposal, Negotiation or Won.',
  ],
  [
    'two-sources-at-once',
    'check-never-holds',
    'error',
    "deal.source == 'inbound' &&",
    'No deal ever comes to Proposal, Negotiation or Won.',
  ],
  [
    'check-always-holds',
    'check-always-holds',
    'warning',
    'deal.discountPct <= 100',
    'With Discount % 0, the check lets it pass; so it does with every other value.',
  ],
  [
    'yes-or-no',
    'check-always-holds',
    'warning',
    '!has(deal.budgetConfirmed)',
    'Whatever its facts are, the check lets it pass; so it does with every other value.',
  ],
  [
    'checks-exclude-each-other',
    'move-never-made',
    'error',
    'qualify:',
    'No deal ever comes to Qualified, Proposal, Negotiation or Won.',
  ],
  ['needed-and-forbidden', 'move-never-made', 'error', 'win:', 'No deal ever comes to Won.'],
  [
    'moves-exclude-each-other',
    'moves-exclude-each-other',
    'warning',
    'winCheap:',
    'With Deal amount EUR 0.00, it is the other way round. No deal can ever choose between the two.',
  ],
  [
    'fact-asked-too-early',
    'fact-asked-too-early',
    'warning',
    'daysUntil(deal.closeDate, now)',
    'The first move that asks for Expected close date is "Win" in Negotiation, which comes after it.',
  ],
  [
    'track-never-done',
    'track-never-done',
    'error',
    'approval:',
    'So the tracks are never all done, and the deal never goes on to Negotiation by itself.',
  ],
  ['tracks-cannot-join', 'move-never-made', 'error', 'approve:', 'No deal ever comes to Negotiation or Won.'],
  [
    'joins-itself',
    'joins-itself',
    'error',
    'whenAllDone: proposal',
    'Once its tracks are done it enters Proposal again, and its tracks begin anew.',
  ],
  [
    'idle-role',
    'idle-role',
    'warning',
    'roles: [sdr, rep, manager, legal]',
    'So it is in each of the 10 places of the process: legal may make none of its 9 moves, let no check pass, and is told of no time limit.',
  ],
  [
    'forecast-falls',
    'forecast-falls',
    'warning',
    'probability: 75',
    'The way on takes it to Negotiation, one step nearer to the win, and it counts with 75 %.',
  ],
  [
    'forecast-falls-further-on',
    'forecast-falls',
    'warning',
    'probability: 75',
    'The way on takes it to Negotiation, one step nearer to the win, and it counts with 75 %.',
  ],
  // 5 and 10 working days of a week with five are 7 and 14 days, 48 hours in the longer track 2, and 21: 44 days.
  [
    'limits-over-target',
    'limits-over-target',
    'warning',
    'targetCycle: 30 days',
    'It comes to Won after 44 days. No limit was broken, nobody was told, and the target of 30 days was missed.',
  ],
  [
    'limit-may-block',
    'limit-may-block',
    'warning',
    'then: lose',
    'Where that is missing it is blocked: Lost reason must be recorded. The deal stays where it is.',
  ],
  // 9,999 working hours in a week of 20 are 499.95 weeks.
  [
    'limit-too-long',
    'limit-too-long',
    'error',
    'time: 9999 working hours',
    'It stands there for 3499.7 days before anybody is told.',
  ],
];

describe('a fault of a process is found, alone and in its line, with a deal that shows it', () => {
  test('every file of the folder is looked at', () => {
    const files = readdirSync(FOLDER).map((file) => file.replace('.process.yaml', ''));
    expect(files.toSorted()).toEqual([...PLANTED.map(([file]) => file), 'none'].toSorted());
  });

  test.each(PLANTED)('%s', (file, code, severity, line, ends) => {
    const text = textOf(file);
    const { problems } = readProcessFile(text);
    expect(problems.map((found) => [found.code, found.severity])).toEqual([[code, severity]]);
    expect(text.split('\n')[problems[0]!.line - 1]).toContain(line);
    expect(problems[0]!.story!.at(0)).toBe('A deal begins in Lead.');
    expect(problems[0]!.story!.at(-1)).toBe(ends);
  });

  test('the file they are made from has none', () => {
    expect(readProcessFile(textOf('none')).problems).toEqual([]);
  });
});

describe('a story', () => {
  test('names who makes each move with which facts, and tells a fact once', () => {
    const [{ story }] = readProcessFile(textOf('limit-may-block')).problems as [Problem];
    expect(story).toEqual([
      'A deal begins in Lead.',
      '"Qualify" (sdr or rep; Lead source recorded, Fit score 60) takes it to Qualified.',
      '"Propose" (rep; Deal amount recorded, Budget confirmed yes) takes it to Proposal.',
      '"Send" (rep) and "Approve" (manager; Discount % 0) end its tracks: it goes on to Negotiation by itself.',
      'It stays there for 21 days. The time limit asks for "Lose", and nobody is there to record what it asks for.',
      'Where that is missing it is blocked: Lost reason must be recorded. The deal stays where it is.',
    ]);
  });
});

describe('no false alarm', () => {
  /** The process without a fault, with one check of its own in place of that of fit. */
  const withFit = (...checks: string[]): readonly string[] =>
    readProcessFile(
      textOf('none').replace(
        '{ id: fit, when: "deal.fitScore >= 60", say: "Fit score must be at least 60." }',
        checks.map((when, at) => `{ id: c${at}, when: ${JSON.stringify(when)}, say: "No." }`).join(', '),
      ),
    ).problems.map(({ code }) => code);

  test('where a check compares facts with one another, or the day with a date, nothing is claimed', () => {
    expect(withFit('deal.fitScore <= deal.discountPct')).toEqual([]);
    expect(withFit('deal.fitScore > deal.discountPct', 'deal.fitScore < deal.discountPct')).toEqual([]);
    expect(withFit('date(now) < date("2020-01-01")')).toEqual([]);
    expect(withFit('date(now) < date("2199-01-01")')).toEqual([]);
  });

  test('checks that meet in one value are no contradiction', () => {
    expect(withFit('deal.fitScore >= 60', 'deal.fitScore <= 60')).toEqual([]);
    expect(withFit('deal.fitScore > 60', 'deal.fitScore < 60')).toEqual(['move-never-made']);
  });

  test('of two moves for different people, each may have its own deals', () => {
    const text = textOf('moves-exclude-each-other').replace(
      'winCheap:\n        to: won\n        by: [rep]',
      'winCheap:\n        to: won\n        by: [sdr]',
    );
    expect(readProcessFile(text).problems).toEqual([]);
  });

  test('limits that come to exactly the target fit it', () => {
    expect(readProcessFile(textOf('limits-over-target').replace('30 days', '44 days')).problems).toEqual([]);
    expect(readProcessFile(textOf('limits-over-target').replace('30 days', '43 days')).problems).toHaveLength(1);
  });

  test('a role that is only told of limits has its part', () => {
    const text = textOf('idle-role').replace(
      'tell: [owner] }\n    moves:\n      qualify',
      'tell: [owner, legal] }\n    moves:\n      qualify',
    );
    expect(readProcessFile(text).problems).toEqual([]);
  });
});

test('a process of many rules over many facts is checked all the same, and what takes too long is not claimed', () => {
  const fields = Array.from({ length: 12 }, (_, at) => `f${at}`);
  const all = fields.map((field) => `deal.${field} > 10 && deal.${field} < 90`).join(' && ');
  const text = textOf('none')
    .replace('fields:\n', `fields:\n${fields.map((field) => `  ${field}: { type: number, min: 0, max: 100 }\n`).join('')}`)
    .replace('deal.fitScore >= 60', `${all} && (deal.f0 + 0 > 5 || true)`.replace(' + 0', ''));
  expect(readProcessFile(text).problems).toEqual([]);
});
