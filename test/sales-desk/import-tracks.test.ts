import { describe, expect, test } from '@jest/globals';
import { readProcessFile } from '@coxswain/sales-process';
import { importFile, readImportMap, textSource, type ImportReport } from '../../libs/sales-desk/src/import/index.js';
import { givenDesk, newBusinessFile, type GivenDesk } from './given-desk.js';
import { mapOf } from './import-given.js';

const deal = `deal:
  at: came
  owner: who
  facts:
    source: { otherwise: inbound }
    fitScore: { otherwise: "80", as: number }
    amount: { otherwise: "900", as: money }
    closeDate: { otherwise: "2026-05-31", as: date }
    economicBuyer: { otherwise: The owner }
    budgetConfirmed: { otherwise: "yes", as: yesno }
    discountPct: { column: discount, otherwise: "5", as: number }
`;
const rows = `process: new-business
format: csv
id: deal
currency: EUR
${deal}stage: stage
stages:
  Sent:
    - { to: qualified, at: came }
    - { to: proposal, at: proposed }
    - { track: commercial, to: sent, at: sent }
  Negotiating:
    - { to: qualified, at: came }
    - { to: proposal, at: proposed }
    - { track: commercial, to: sent, at: sent }
    - { track: approval, to: approved, at: approved }
`;
const header = 'deal,stage,who,came,proposed,sent,approved,discount\n';

const events = `process: new-business
format: csv
rows: events
id: deal
currency: EUR
${deal.replace('  at: came\n', '').replace('column: discount, ', '')}activity: what
at: at
by: who
activities:
  Qualified: { stage: qualified }
  Proposed: { stage: proposal }
  Sent: { track: commercial, stage: sent }
  Approved: { track: approval, stage: approved }
  Won: { stage: won }
`;

async function bringIn(world: GivenDesk, map: string, text: string): Promise<ImportReport> {
  return importFile(world.desk, { file: textSource('deals.csv', text), map: mapOf(map) });
}

/** `qualified` for a stage, `commercial:sent` for a place in a track, with the cause and the day of each step. */
async function stepsOf({ desk }: GivenDesk, id: string): Promise<string[]> {
  return (await desk.replay(id))!.flatMap(({ event }) =>
    event.type === 'StageChanged' || event.type === 'TrackAdvanced'
      ? [
          `${event.occurredAt.slice(0, 10)} ${event.type === 'TrackAdvanced' ? `${event.track}:` : ''}${event.to} ${event.cause} ${event.conformance}`,
        ]
      : [],
  );
}

describe('the past of a process with parallel tracks', () => {
  test('a deal that went through both tracks joins when the last of them was done, and conforms', async () => {
    const world = await givenDesk('2026-04-01T09:00:00.000Z');
    const text = `${header}D1,Negotiating,rita,2026-03-02,2026-03-03,2026-03-06,2026-03-05,\n`;
    const report = await bringIn(world, rows, text);
    expect(report).toMatchObject({ rejected: [], warnings: [], deviating: { steps: 0 }, steps: { stored: 5 } });
    expect(await stepsOf(world, 'D1')).toEqual([
      '2026-03-02 qualified import conforming',
      '2026-03-03 proposal import conforming',
      '2026-03-05 approval:approved import conforming',
      '2026-03-06 commercial:sent import conforming',
      '2026-03-06 negotiation join conforming',
    ]);
    expect((await world.desk.verify('D1'))!.agree).toBe(true);
    expect(await bringIn(world, rows, text)).toMatchObject({ steps: { stored: 0, alreadyThere: 5, rejected: 0 } });
  });

  test('a deal that stands in its tracks goes on from there, with the time limit of its stage from when it came in', async () => {
    const world = await givenDesk('2026-03-10T09:00:00.000Z');
    await bringIn(world, rows, `${header}D1,Sent,rita,2026-03-02,2026-03-03,2026-03-06,,\n`);
    const { opportunity } = (await world.desk.opportunity('D1'))!;
    expect(opportunity).toMatchObject({ stage: 'proposal', tracks: { commercial: 'sent', approval: 'waiting' } });
    // 14 days from noon of 3 March.
    expect(opportunity.limits['proposal']).toMatchObject({ dueAt: '2026-03-17T12:00:00.000Z' });

    await bringIn(world, rows, `${header}D1,Negotiating,rita,2026-03-02,2026-03-03,2026-03-06,2026-03-07,\n`);
    expect((await world.desk.opportunity('D1'))!.opportunity).toMatchObject({ stage: 'negotiation', tracks: {} });
    expect((await stepsOf(world, 'D1')).at(-1)).toBe('2026-03-07 negotiation join conforming');
  });

  test('a step in a track that broke a check comes in as deviating, and says which step it was', async () => {
    const world = await givenDesk('2026-04-01T09:00:00.000Z');
    const report = await bringIn(world, rows, `${header}D1,Negotiating,rita,2026-03-02,2026-03-03,2026-03-05,2026-03-06,40\n`);
    expect(report.deviating.by.map(({ say, first }) => [say, first[0]!.say])).toEqual([
      [
        'A discount above 20 % needs a vice president.',
        'The step to approved in the track approval: A discount above 20 % needs a vice president.',
      ],
    ]);
    expect((await stepsOf(world, 'D1')).slice(-2)).toEqual([
      '2026-03-06 approval:approved import deviating',
      '2026-03-06 negotiation join conforming',
    ]);
    expect((await world.desk.verify('D1'))!.agree).toBe(true);
  });

  test('events lead into tracks too; one that stands before its stage is rejected, also the second time', async () => {
    const world = await givenDesk('2026-04-01T09:00:00.000Z');
    const text = `deal,what,at,who
D1,Qualified,2026-03-02,rita
D1,Sent,2026-03-03,rita
D1,Proposed,2026-03-04,rita
D1,Approved,2026-03-05,rita
`;
    const first = await bringIn(world, events, text);
    expect(first.rejected[0]!.first).toEqual([
      { line: 3, deal: 'D1', say: 'The deal stands in Qualified, which has no track "commercial".' },
    ]);
    const before = await stepsOf(world, 'D1');
    expect(before.at(-1)).toBe('2026-03-05 approval:approved import conforming');
    const second = await bringIn(world, events, text);
    expect(second.rejected[0]!.first[0]!.say).toBe(
      'The step to sent in the track "commercial" lies before what is recorded already.',
    );
    expect(await stepsOf(world, 'D1')).toEqual(before);
  });

  test('a way that the track does not have comes in as deviating', async () => {
    const world = await givenDesk('2026-04-01T09:00:00.000Z');
    const back = rows.replace(
      '- { track: approval, to: approved, at: approved }',
      '- { track: commercial, to: drafting, at: sent }',
    );
    const report = await bringIn(world, back, `${header}D1,Negotiating,rita,2026-03-02,2026-03-03,2026-03-06,,\n`);
    expect(report.deviating.by.map(({ say }) => say)).toEqual(['The track "Commercial" has no way from Sent to Drafting.']);
    expect((await world.desk.verify('D1'))!.agree).toBe(true);
  });
});

describe('an import map with tracks', () => {
  const { process } = readProcessFile(newBusinessFile);
  const told = (text: string): string[] =>
    readImportMap(text, process!).problems.map(({ message, suggestion }) => [message, suggestion].filter(Boolean).join(' '));

  test('is told which track or which of its stages there is not, and what may be meant', () => {
    expect([told(rows), told(events)]).toEqual([[], []]);
    const slips = rows
      .replace('Sent:\n', 'Sent:\n    - { to: approved, at: came }\n')
      .replace('track: commercial, to: sent', 'track: comercial, to: sent')
      .replace('to: approved, at: approved', 'to: aproved, at: approved');
    expect(told(slips)).toEqual([
      'The process "new-business" has no stage "approved", but its track "approval" has. Add "track: approval".',
      'The process "new-business" has no track "comercial". Did you mean "commercial"?',
      'The track "approval" of "new-business" has no stage "aproved". Did you mean "approved"?',
    ]);
  });

  test('says of an event both the track and the stage of it', () => {
    expect(told(events.replace('{ track: commercial, stage: sent }', '{ track: commercial, activity: send }'))).toEqual([
      'The activity "Sent" names a track: say the "stage" of it that it led to.',
    ]);
    expect(told(`${events}begins: Sent\n`)).toEqual(['"begins" must name an activity that leads to a stage; "Sent" does not.']);
  });
});
