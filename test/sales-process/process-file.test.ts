import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compileProcess, processFileSchema, readProcessFile } from '@coxswain/sales-process';
import fc from 'fast-check';
import { processFile } from './given.js';

const problemsOf = (text: string): readonly string[] =>
  readProcessFile(text).problems.map(({ line, code, message }) => `${line} ${code}: ${message}`);
const example = processFile('new-business');

/** The smallest process there is, with something added to its stage `lead` and at its end. */
const small = (lead = '', more = ''): string => `process: small
title: Small
currency: EUR
timezone: Europe/Berlin
roles: [rep]
fields: { amount: { type: money }, fitScore: { type: number, min: 0, max: 100 } }
start: lead
stages:
  lead:
    phase: lead${lead}
    moves:
      win: { to: won }
      lose: { to: lost }
  won: { phase: closed, result: won }
  lost: { phase: closed, result: lost }
${more}`;

// ------------------------------------------------------------------------------------------------------------ accepted

test('the example of new business is accepted as it stands', () => {
  const { process, problems } = readProcessFile(example);
  expect(problems).toEqual([]);
  expect(Object.keys(process!.stages)).toEqual([
    'lead',
    'qualified',
    'proposal',
    'negotiation',
    'won',
    'lost',
    'onboarding',
    'active',
    'churned',
  ]);
  expect(process!.workingHours).toEqual(Object.fromEntries([1, 2, 3, 4, 5].map((day) => [day, [{ from: 540, to: 1080 }]])));
  expect(process!.fields.fitScore).toEqual({
    name: 'fitScore',
    label: 'Fit score',
    personal: false,
    type: 'number',
    min: 0,
    max: 100,
  });
  expect(process!.fields.economicBuyer).toMatchObject({ personal: true });
  expect(process!.stages.lead).toMatchObject({
    label: 'Lead',
    limit: { time: { amount: 3, unit: 'working days' }, tell: ['owner', 'manager'] },
    moves: {
      qualify: { label: 'Qualify', to: 'qualified', by: ['sdr', 'rep'], needs: ['source', 'fitScore'] },
      disqualify: { by: [] },
    },
  });
  expect(process!.stages.proposal!.tracks.approval).toMatchObject({ start: 'waiting', stages: { approved: { done: true } } });
  expect(process!.stages.negotiation!.was).toEqual(['contracting']);
  expect(process!.stages.won!.moves.handOver!.label).toBe('Hand over');
  expect(process!.stages.active!.moves.upsell!.opens).toEqual({ process: 'new-business', origin: 'upsell' });
});

test.each(['new-business', 'crm-export', 'loan-application'])(
  'the process %s is accepted without a warning and can be run',
  (name) => {
    const { process, hash, problems } = readProcessFile(processFile(name));
    expect(problems).toEqual([]);
    expect(compileProcess(process!, { id: name, version: 1, hash: hash! }).config.initial).toBe(process!.start);
  },
);

test('a process may be written in JSON, with tabs and all', () => {
  const json = {
    process: 'small',
    title: 'Small',
    currency: 'EUR',
    timezone: 'UTC',
    start: 'lead',
    stages: {
      lead: { phase: 'lead', moves: { win: { to: 'won' }, lose: { to: 'lost' } } },
      won: { phase: 'closed', result: 'won' },
      lost: { phase: 'closed', result: 'lost' },
    },
  };
  expect(readProcessFile(JSON.stringify(json, null, '\t')).problems).toEqual([]);
  const broken = JSON.stringify(json, null, '\t').replace('"to": "won"', '"to": "wonn"');
  expect(readProcessFile(broken).problems).toMatchObject([
    { code: 'unknown-stage', line: 12, column: 12, suggestion: 'Did you mean "won"?' },
  ]);
});

test('the same meaning has the same hash, whatever it is dressed in', () => {
  const hash = readProcessFile(example).hash;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(
    readProcessFile(
      example.replace(/#.*$/gm, '').replace('currency: EUR\ntimezone: Europe/Berlin', 'timezone: "Europe/Berlin"\ncurrency: EUR'),
    ).hash,
  ).toBe(hash);
  expect(
    readProcessFile(
      example.replace('{ to: lost, needs: [lostReason] }', '{ to: lost, label: Disqualify, by: [], needs: [lostReason] }'),
    ).hash,
  ).toBe(hash);
  const fields = /  amount: .*\n/.exec(example)![0];
  expect(readProcessFile(example.replace(fields, '').replace('fields:\n', `fields:\n${fields}`)).hash).toBe(hash);
  expect(readProcessFile(example.replace('>= 60.0', '>= 61.0')).hash).not.toBe(hash);
});

test('the order of the stages is part of the meaning', () => {
  const [head, won, lost] = [
    small().split('  won:')[0]!,
    '  won: { phase: closed, result: won }\n',
    '  lost: { phase: closed, result: lost }\n',
  ];
  expect(readProcessFile(head + won + lost).hash).toBe(readProcessFile(small()).hash);
  expect(readProcessFile(head + lost + won).hash).not.toBe(readProcessFile(small()).hash);
});

test('what is left out has its usual value', () => {
  const { process } = readProcessFile(small('\n    limit: { time: 1 hour, then: warn }'));
  expect(process!.workingHours[5]).toEqual([{ from: 540, to: 1020 }]);
  expect(process!.workingHours[6]).toBeUndefined();
  expect(process!.stages.lead!.limit).toEqual({ time: { amount: 1, unit: 'hours' }, then: 'warn', tell: ['owner'] });
});

test('open hours may have several parts and breaks', () => {
  const hours = 'workingHours: Mon-Thu 09:00-12:00, Mon-Thu 13:00-18:00, Fri 09:00-15:00';
  const { process, problems } = readProcessFile(small('', hours));
  expect(problems).toEqual([]);
  expect(process!.workingHours[4]).toEqual([
    { from: 540, to: 720 },
    { from: 780, to: 1080 },
  ]);
  expect(process!.workingHours[5]).toEqual([{ from: 540, to: 900 }]);
});

test('the published JSON Schema is the one that is checked against', () => {
  const published: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../processes/process.schema.json'), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(processFileSchema)));
});

// ------------------------------------------------------------------------------------------------------------- refused

test('ten different mistakes give ten problems in the right places, and nothing else', () => {
  const broken = `process: new-business
title: New business
currency: EURO
timezone: Europe/Berlin
fields:
  fitScore:  { type: number, min: 0, max: 100 }
  amount:    { type: money }
  closeDate: { type: date }
roles: [sdr, rep, manager]
start: lead
stages:
  lead:
    phase: lead
    limit: { time: 3 workdays, then: warn }
    moves:
      qualify:
        to: qualified
        by: [sdr, repp]
        needs: [fitScor]
        checks:
          - { id: fit, when: "deal.fitScore >= 160", say: "Fit score must be at least 160." }
      disqualify: { to: lost }
  qualified:
    phase: qualifed
    moves:
      propose:
        to: negotiaton
        checks: [{ id: big, when: "deal.amunt >= 1000", say: "The deal is too small." }]
      lose: { to: lost }
  negotiation:
    phase: selling
    colour: red
    moves:
      win: { to: won }
  orphan:
    phase: selling
    moves: { back: { to: lead } }
  won: { phase: closed, result: won }
  lost: { phase: closed, result: lost }
`;
  const { process, hash, problems } = readProcessFile(broken);
  expect([process, hash]).toEqual([null, null]);
  expect(problems.map(({ line, column, code, suggestion }) => [line, column, code, suggestion])).toEqual([
    [3, 11, 'wrong-form', 'The currency of every amount, three letters of ISO 4217, like EUR.'],
    [14, 20, 'wrong-form', 'A time is written like 12 hours, 21 days, 8 working hours or 3 working days.'],
    [18, 19, 'unknown-role', 'Did you mean "rep"?'],
    [19, 17, 'unknown-field', 'Did you mean "fitScore"?'],
    [21, 30, 'check-never-holds', undefined],
    [24, 12, 'unknown-value', 'Did you mean "qualified"?'],
    [27, 13, 'unknown-stage', 'Did you mean "negotiation"?'],
    [28, 41, 'unknown-field', 'Did you mean "amount"?'],
    [32, 5, 'unknown-key', 'It can have label, phase, result, forecast, limit, moves, tracks, whenAllDone, was.'],
    [35, 3, 'unreachable-stage', 'Let a move lead to "orphan", or take the stage out.'],
  ]);
  expect(problems.map(({ message }) => message)).toContain('This check can never hold: Fit score is between 0 and 100.');
});

test.each([
  ['a file of 5 MB', () => example.repeat(1200), 'too-large', 'The file is larger than 1 MiB, the most a process file may have.'],
  [
    'a bomb of aliases',
    () =>
      [
        'a: &a [x, x]',
        ...Array.from({ length: 25 }, (_, at) => `${letter(at + 1)}: &${letter(at + 1)} [*${letter(at)}, *${letter(at)}]`),
      ].join('\n'),
    'alias',
    'A process file cannot refer to another part of itself with *a; write the part out.',
  ],
  [
    'ten thousand stages',
    () => many(10_000),
    'too-many',
    'The file holds far more than a process may have, which is at most 200 stages and 200 fields.',
  ],
  ['a thousand stages', () => many(1000), 'too-many', 'The file has 1000 stages; a process may have at most 200.'],
  ['nine thousand lists in one another', () => '['.repeat(9000), 'too-deep', 'The file is nested more than 16 levels deep.'],
  [
    'half a million anchors',
    () => '&a '.repeat(300_000),
    'too-many',
    'The file holds far more than a process may have, which is at most 200 stages and 200 fields.',
  ],
])('%s is refused within a second', (_, text, code, message) => {
  const [file, start] = [text(), performance.now()];
  expect(readProcessFile(file).problems).toMatchObject([{ code, message }]);
  expect(performance.now() - start).toBeLessThan(1000);
});

const letter = (at: number): string => String.fromCharCode(97 + at);

const many = (stages: number): string =>
  `stages:\n${Array.from({ length: stages }, (_, at) => `  s${at}: { phase: lead, moves: { go: { to: s${(at + 1) % stages} } } }`).join('\n')}`;

test('a stage cannot have been itself, nor two stages each other', () => {
  const circle = example
    .replace('was: [contracting]', 'was: [qualified]')
    .replace('  qualified:\n', '  qualified:\n    was: [negotiation]\n');
  expect(problemsOf(circle)).toEqual(['38 was-cycle: Stages "qualified" and "negotiation" were each other, in a circle.']);
  expect(problemsOf(example.replace('was: [contracting]', 'was: [negotiation]'))).toEqual([
    '78 was-cycle: Stage "negotiation" was itself.',
  ]);
});

test('a former name is one that is gone, and continues in one stage only', () => {
  expect(problemsOf(example.replace('was: [contracting]', 'was: [won]'))).toEqual([
    '78 was-present: "won" is a stage of this process; "was" names stages that are gone.',
  ]);
  expect(problemsOf(example.replace('  onboarding:\n', '  onboarding:\n    was: [contracting]\n'))).toEqual([
    '103 was-twice: Stage "negotiation" was "contracting" already; its history can continue in one stage only.',
  ]);
});

test.each([
  [
    'a text that is not YAML',
    'process: [new',
    '1 yaml: The text cannot be read: flow sequence in block collection must be sufficiently indented and end with a ].',
  ],
  [
    'a key that stands twice',
    small('', 'title: Again'),
    '16 duplicate-key: "title" stands here a second time; each key can stand only once.',
  ],
  [
    'a name that objects have by themselves',
    small('\n    constructor: 1'),
    '11 reserved-name: "constructor" is a reserved name; choose another.',
  ],
  [
    'a prototype',
    small('', '__proto__: { polluted: true }'),
    '16 reserved-name: "__proto__" is a reserved name; choose another.',
  ],
  [
    'a name with a dot',
    small('', 'roles2: 1').replace('fitScore', '"fit.score"').replace('\nroles2: 1', ''),
    '6 wrong-name: "fit.score" cannot be a name here.',
  ],
  ['a currency nobody has', small().replace('EUR', 'EUX'), '3 unknown-currency: There is no currency "EUX".'],
  ['a time zone nobody has', small().replace('Berlin', 'Berlyn'), '4 unknown-timezone: There is no time zone "Europe/Berlyn".'],
  [
    'hours that close before they open',
    small('', 'workingHours: Mon-Fri 18:00-09:00'),
    '16 wrong-hours: "Mon-Fri 18:00-09:00" closes before it opens.',
  ],
  ['a holiday that is no day', small('', 'holidays: [2026-02-30]'), '16 wrong-date: There is no day 2026-02-30.'],
  [
    'a limit that asks for a move of another stage',
    small('\n    limit: { time: 3 days, then: churn }'),
    '11 unknown-move: Here is no move "churn"; a limit does warn, or a move of the same stage.',
  ],
  [
    'a probability above 100',
    small('\n    forecast: { category: commit, probability: 120 }'),
    '11 out-of-range: "probability" of "forecast" of stage "lead" must be at most 100.',
  ],
  [
    'a result before the deal is closed',
    small('\n    result: won'),
    '11 misplaced: Stage "lead" wins or loses the deal, so its phase must be closed.',
  ],
  [
    'a choice without choices',
    small().replace('type: money', 'type: choice'),
    '6 missing-key: Field "amount" is a choice and so must have "of", the values to choose from.',
  ],
  [
    'a stage one cannot leave',
    small().replace('lose: { to: lost }', 'lose: { to: lost }\n      wait: { to: waiting }\n  waiting: { phase: selling }'),
    '15 dead-end: A deal in stage "waiting" can never leave it.',
  ],
  [
    'a process nobody can win',
    small().replace(', result: won', ', moves: { on: { to: lost } }'),
    '8 no-way-to-win: No stage wins a deal.',
  ],
  [
    'a process nobody can lose',
    small().replace('lose: { to: lost }', '').replace('  lost: { phase: closed, result: lost }\n', ''),
    '8 no-way-to-lose: No stage loses a deal.',
  ],
])('%s is a problem, named with its line', (_, text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

test('tracks that never join are found', () => {
  expect(problemsOf(example.replace('sent:     { done: true }', 'sent:     { moves: { resend: { to: drafting } } }'))).toEqual([
    '58 track-never-done: Track "commercial" can never be done, so stage "proposal" is never left by itself.',
  ]);
});

test('a move inside a track cannot leave it, and its name is unique within the stage', () => {
  expect(
    problemsOf(example.replace('send: { to: sent, by: [rep] }', 'lose: { to: lost, by: [rep] }, send: { to: sent }')),
  ).toEqual([
    '61 named-twice: "lose" is a move of the stage itself already; one who asks for it must mean one of them.',
    '61 unknown-stage: In track "commercial" there is no stage "lost". A move inside a track cannot leave it; put the move on the stage.',
  ]);
});

test('a limit whose move may be blocked is a warning and does not stop the process', () => {
  const { process, problems } = readProcessFile(example.replace('time: 21 days, then: warn', 'time: 21 days, then: lose'));
  expect(problems).toEqual([
    {
      code: 'limit-may-block',
      severity: 'warning',
      line: 81,
      column: 35,
      message: 'When the time is up, "lose" is made only if it is not blocked by lostReason.',
      story: expect.arrayContaining(['A deal begins in Lead.']),
    },
  ]);
  expect(process!.stages.negotiation!.limit!.then).toBe('lose');
});

test('whatever is handed in, the answer is a process or its problems', () => {
  const words = fc.constantFrom(
    ...(example.match(/[\w-]+|[^\w\s]|\s+/g) ?? []),
    '__proto__',
    '&a',
    '*a',
    '!!set',
    '- ',
    '? ',
    '|\n',
    '"',
    "'",
    '\t',
    '\0',
    '\uD800',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.array(words).map((parts) => parts.join('')),
    mutated,
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { process, hash, problems } = readProcessFile(text);
      const stopped = problems.some(({ severity }) => severity === 'error');
      expect([process === null, hash === null]).toEqual([stopped, stopped]);
      expect(problems.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
      if (process) compileProcess(process, { id: process.id, version: 1, hash: hash! });
    }),
    { numRuns: 400 },
  );
});

/** The example with one line taken out, doubled, cut short or swapped for another. */
const mutated = fc.tuple(fc.nat(200), fc.nat(200), fc.nat(3), fc.nat(60)).map(([one, other, way, cut]) => {
  const lines = example.split('\n');
  const [at, with_] = [one % lines.length, lines[other % lines.length]!];
  const changed = [[], [lines[at]!, lines[at]!], [lines[at]!.slice(0, cut)], [with_]][way]!;
  return lines.toSpliced(at, 1, ...changed).join('\n');
});

// ------------------------------------------------------------------------------------- the ways through, and their checks

const checked = (when: string): readonly string[] =>
  problemsOf(small().replace('win: { to: won }', `win: { to: won, checks: [{ id: c, when: "${when}", say: No. }] }`));

test('a check that can never hold is found where it is plain to see', () => {
  const outside = '12 check-never-holds: This check can never hold: Fit score is between 0 and 100.';
  const excluded = '12 check-never-holds: This check can never hold: what it asks of Fit score excludes itself.';
  expect(checked('deal.fitScore > 100')).toEqual([outside]);
  expect(checked('0 > deal.fitScore')).toEqual([outside]);
  expect(checked('deal.fitScore == -1')).toEqual([outside]);
  expect(checked('deal.fitScore > 80 && deal.fitScore < 80')).toEqual([excluded]);
  expect(checked('deal.fitScore >= 100 && deal.fitScore <= 100')).toEqual([]);
  expect(checked('deal.fitScore > 100 || deal.amount > 5')).toEqual([]);
});

test('of a whole part that no deal comes to, only its way in is named', () => {
  const part = small().replace(
    '  won:',
    '  a: { phase: lead, moves: { on: { to: b } } }\n  b: { phase: selling, moves: { on: { to: c } } }\n  c: { phase: selling, moves: { win: { to: won } } }\n  won:',
  );
  expect(problemsOf(part)).toEqual(['14 unreachable-stage: No deal can ever come to stage "a".']);
  const circle = part.replace('win: { to: won } } }\n  won:', 'win: { to: won }, back: { to: a } } }\n  won:');
  expect(problemsOf(circle)).toEqual(['14 unreachable-stage: No deal can ever come to stage "a".']);
});

test('stages that only lead to one another are a dead end, named once', () => {
  const circle = small()
    .replace('lose: { to: lost }', 'lose: { to: lost }\n      wait: { to: a }')
    .replace(
      '  won:',
      '  a: { phase: selling, moves: { on: { to: b } } }\n  b: { phase: selling, moves: { on: { to: a } } }\n  won:',
    );
  expect(problemsOf(circle)).toEqual(['15 dead-end: A deal in stage "a" can go on, but never to a win, a loss or a customer.']);
});

test('one mistyped start is one problem', () => {
  expect(problemsOf(example.replace('start: lead\n', 'start: leed\n'))).toEqual(['22 unknown-stage: There is no stage "leed".']);
  expect(problemsOf(example.replace('start: lead\n', 'start: somewhere\n'))).toEqual([
    '22 unknown-stage: There is no stage "somewhere".',
  ]);
});

test('a field with a mistake is one problem, also where checks read it', () => {
  expect(problemsOf(example.replace('fitScore:        { type: number', 'fitScore:        { type: numbr'))).toEqual([
    '12 unknown-value: "type" of field "fitScore" cannot be "numbr": it is one of text, number, money, date, yesno, choice.',
  ]);
});

test('the process of the how-to guide is accepted once its parts are put together', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/how-to/write-a-process.md'), 'utf8');
  const [first, moves, facts, check] = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, part]) => part!) as [
    string,
    string,
    string,
    string,
  ];
  const [head, closed] = [first.slice(0, first.indexOf('stages:')), first.slice(first.indexOf('  renewed:'))];
  expect(problemsOf(`${head}stages:\n${moves}${closed}`)).toEqual([]);
  expect(problemsOf(`${head}${facts}stages:\n${moves.replace('      renew: { to: renewed }\n', check)}${closed}`)).toEqual([]);
  for (const [, line, message] of guide.matchAll(/^(\d+):3 {2,3}([^.]+\.)/gm))
    expect(readProcessFile(first).problems).toContainEqual(expect.objectContaining({ line: Number(line), message }));
});

test('tracks that join into their own stage are refused', () => {
  expect(problemsOf(example.replace('whenAllDone: negotiation', 'whenAllDone: proposal'))).toContainEqual(
    expect.stringMatching(/ joins-itself: When all tracks of stage "proposal" are done, it would begin again by itself\.$/),
  );
});
