import { describe, expect, test } from '@jest/globals';
import { diffProcesses, readProcessFile, stageLineage, type ProcessChange, type SalesProcess } from '@coxswain/sales-process';
import { processFile } from './given.js';

const NOW = '2026-03-31T12:00:00.000Z';
const FILE = processFile('new-business');

function read(text: string): SalesProcess {
  const { process, problems } = readProcessFile(text);
  if (!process) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return process;
}

const before = read(FILE);

/** The file with some of its text replaced; each must be there. */
function edited(...edits: readonly (readonly [from: string, to: string])[]): SalesProcess {
  let text = FILE;
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`not in the file: ${from}`);
    text = text.replace(from, to);
  }
  return read(text);
}

const changes = (...edits: readonly (readonly [from: string, to: string])[]): readonly ProcessChange[] =>
  diffProcesses(before, edited(...edits), NOW);
const told = (found: readonly ProcessChange[]): string[] => found.map(({ code, class: kind, say }) => `${kind} ${code}: ${say}`);

describe('what changes between two versions', () => {
  test('nothing, when only comments and the order of keys differ', () => {
    expect(
      changes(
        ['# both run at the same time', '# side by side'],
        ['title: New business\n', ''],
        ['currency: EUR', 'currency: EUR\ntitle: New business'],
      ),
    ).toEqual([]);
  });

  test('a check that asks for more stops deals, one that asks for less stops fewer', () => {
    expect(told(changes(['deal.fitScore >= 60.0', 'deal.fitScore >= 70.0']))).toEqual([
      'breaking check-tightened: "Qualify" from Lead is checked more strictly: Fit score must be at least 60. (deal.fitScore >= 70.0 instead of deal.fitScore >= 60.0)',
    ]);
    expect(told(changes(['deal.discountPct <= 20.0', 'deal.discountPct <= 25.0']))).toEqual([
      'compatible check-loosened: "Approve" from Waiting is checked less strictly: A discount above 20 % needs a vice president. (deal.discountPct <= 25.0 instead of deal.discountPct <= 20.0)',
    ]);
    expect(told(changes(['"deal.fitScore >= 60.0"', '"!(deal.fitScore < 60.0)"']))).toEqual([
      'cosmetic check-rewritten: The check "fit" of "Qualify" from Lead is written otherwise and says the same.',
    ]);
    expect(changes(['"deal.fitScore >= 60.0"', '"deal.fitScore >= 50.0 && deal.source != \\"partner\\""'])).toMatchObject([
      { code: 'check-changed', class: 'breaking', stage: 'lead', move: 'qualify', check: 'fit' },
    ]);
  });

  test('a fact that a move needs, and one that it needs no longer', () => {
    expect(told(changes(['needs: [source, fitScore]', 'needs: [fitScore, generatedBy]']))).toEqual([
      'breaking needs-added: "Qualify" from Lead needs Who generated the lead.',
      'compatible needs-removed: "Qualify" from Lead no longer needs Lead source.',
    ]);
  });

  test('who may make a move, and who may let a check pass', () => {
    expect(
      told(
        changes(
          ['by: [sdr, rep]', 'by: [sdr]'],
          ['override: { by: [manager], reason: required }', 'override: { by: [manager, deal-desk], reason: optional }'],
        ),
      ),
    ).toEqual([
      'breaking by-narrowed: Only sdr may make "Qualify" from Lead; before it was only sdr or rep.',
      'compatible override-widened: Only manager or deal-desk may let "budget" of "Propose" from Qualified pass; before it was only manager.',
      'compatible override-reason: Whoever lets "budget" of "Propose" from Qualified pass need not give a reason.',
    ]);
  });

  test('a stage that is renamed goes on under its new name, one that nothing continues is gone', () => {
    const renamed = changes(
      ['  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting, negotiation] '],
      ['whenAllDone: negotiation', 'whenAllDone: closing'],
    );
    expect(told(renamed)).toEqual(['compatible stage-renamed: The stage Negotiation goes on as Closing.']);
    const gone = changes(
      ['  negotiation:\n    was: [contracting] ', '  closing:\n    was: [contracting] '],
      ['whenAllDone: negotiation', 'whenAllDone: closing'],
    );
    expect(gone.map(({ code }) => code)).toEqual([
      'join',
      'stage-added',
      'move-added',
      'move-added',
      'move-added',
      'stage-removed',
    ]);
    expect(gone.at(-1)).toMatchObject({
      class: 'breaking',
      stage: 'negotiation',
      say: 'The stage Negotiation is gone, and no stage continues it.',
    });
  });

  test('stages that become one', () => {
    const after = edited(
      ['  churned:\n    phase: customer\n    moves:\n      winBack: { to: active, by: [success, manager] }\n', ''],
      ['      churn:  { to: churned, by: [success, manager], needs: [lostReason] }\n', ''],
      ['  active:\n    phase: customer', '  active:\n    was: [churned]\n    phase: customer'],
    );
    expect(told(diffProcesses(before, after, NOW))).toEqual([
      'compatible stage-merged: Churned becomes part of Active.',
      'breaking move-removed: From Active nobody can "Churn" any more (it led to Churned).',
    ]);
    expect(stageLineage(before, after).heirOf.get('churned')).toBe('active');
    expect(stageLineage(before, after).formerOf.get('active')).toEqual(['active', 'churned']);
  });

  test('a shorter limit breaks only where it moves the deal by itself', () => {
    expect(told(changes(['limit: { time: 14 days, then: warn', 'limit: { time: 7 days, then: warn']))).toEqual([
      'compatible limit-tightened: The time limit of Proposal is 7 days instead of 14 days.',
    ]);
    expect(
      changes(['limit: { time: 14 days, then: warn', 'limit: { time: 7 days, then: lose']).map(
        ({ code, class: kind }) => `${kind} ${code}`,
      ),
    ).toEqual(['breaking limit-tightened', 'breaking limit-then']);
    expect(changes(['limit: { time: 14 days, then: warn', 'limit: { time: 20 working days, then: warn'])).toMatchObject([
      { code: 'limit-changed', class: 'compatible' },
    ]);
    expect(changes(['limit: { time: 14 days', 'limit: { time: 336 hours'])).toMatchObject([
      { code: 'limit-rewritten', class: 'cosmetic' },
    ]);
  });

  test('labels are cosmetic, phases and forecasts are not', () => {
    expect(
      changes(['title: New business', 'title: Sales'], ['label: Fit score', 'label: Fit']).map(({ class: kind }) => kind),
    ).toEqual(['cosmetic', 'cosmetic']);
    expect(
      told(changes(['forecast: { category: commit, probability: 75 }', 'forecast: { category: best-case, probability: 60 }'])),
    ).toEqual(['compatible forecast: Negotiation is forecast as best-case, 60 % instead of commit, 75 %.']);
  });

  test('what is in the file is found whichever way it changes: each change is undone by one that is there, too', () => {
    const after = edited(
      ['deal.fitScore >= 60.0', 'deal.fitScore >= 70.0'],
      ['needs: [source, fitScore]', 'needs: [fitScore]'],
      ['by: [sdr, rep]', 'by: [rep]'],
    );
    expect(diffProcesses(before, after, NOW).map(({ code }) => code)).toEqual([
      'by-narrowed',
      'needs-removed',
      'check-tightened',
    ]);
    expect(diffProcesses(after, before, NOW).map(({ code }) => code)).toEqual(['by-widened', 'needs-added', 'check-loosened']);
  });
});
