import { describe, expect, test } from '@jest/globals';
import { balances, imported, mapOf } from './import-given.js';

const map = mapOf(`
process: renewals
format: xes
id: case:concept:name
currency: EUR
deal:
  owner: { column: "org:resource", otherwise: unknown }
  facts: { amount: { column: "case:amount", as: money } }
activity: concept:name
at: time:timestamp
by: { column: "org:resource", otherwise: unknown }
note: lifecycle:transition
begins: Opened
activities:
  Opened: { stage: due }
  Offered: { stage: quoted }
  Called: { activity: call }
`);

const event = (name: string, at: string, by = 'rita'): string =>
  `<event><string key="concept:name" value="${name}"/><date key="time:timestamp" value="${at}"/>` +
  `<string key="org:resource" value="${by}"><string key="concept:name" value="not this"/></string></event>\n`;
const trace = (id: string, ...events: string[]): string =>
  `<trace>\n<string key="concept:name" value="${id}"/><float key="amount" value="100.5"/>\n${events.join('')}</trace>\n`;
const log = (...traces: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>\n<log xes.version="1.0">\n<global scope="event"><string key="concept:name" value="none"/></global>\n${traces.join('')}</log>`;

describe('a XES log', () => {
  test('each trace becomes a deal, its events in the order of the file', async () => {
    const text = log(
      trace(
        'A &amp; B',
        event('Opened', '2026-03-02T10:00:00+01:00'),
        event('Called', '2026-03-02T10:00:00+01:00'),
        event('Offered', '2026-03-01T10:00:00+01:00', 'Paul &#38; Co'),
      ),
      trace('C', event('Called', '2026-03-04T10:00:00.250Z')),
    );
    const { report, door } = await imported(text, map);
    expect(report.stopped).toBeNull();
    expect(door.requests.map(({ id }) => id)).toEqual(['A & B', 'C']);
    expect(door.requests[0]).toMatchObject({
      capture: { occurredAt: '2026-03-02T09:00:00.000Z', owner: 'rita', facts: { amount: { minor: 10_050, currency: 'EUR' } } },
      steps: [
        { kind: 'activity', activity: 'call', key: 'Called@2026-03-02T09:00:00.000Z' },
        { kind: 'stage', to: 'quoted', by: 'Paul & Co' },
      ],
    });
    expect(report.rows).toEqual({ read: 4, stored: 4, alreadyThere: 0, rejected: 0, leftOut: 0 });
    // The capture of C is beside its call.
    expect(report.steps.stored).toBe(5);
    expect(report.sameInstant).toBe(1);
    expect(report.warnings.map(({ code, first }) => [code, first[0]!.deal])).toEqual([['time-goes-back', 'A & B']]);
  });

  test('an event outside a trace, a trace without events, and a second trace of the same name are told and not taken', async () => {
    const text = log(
      event('Opened', '2026-03-02T10:00:00Z'),
      trace('A', event('Opened', '2026-03-02T10:00:00Z')),
      trace('B'),
      trace('A', event('Called', '2026-03-02T11:00:00Z'), event('Called', '2026-03-02T12:00:00Z')),
    );
    const { report, door } = await imported(text, map);
    expect(report.rejected.map(({ code, count, first }) => [code, count, first[0]!.line])).toEqual([
      ['id-twice', 2, 14],
      ['no-trace', 1, 4],
      ['no-events', 1, 9],
    ]);
    expect(door.requests.map(({ id, steps }) => [id, steps.length])).toEqual([['A', 0]]);
    expect(report.rows).toEqual({ read: 4, stored: 1, alreadyThere: 0, rejected: 3, leftOut: 0 });
    expect(report.deals).toEqual({ read: 2, stored: 1, alreadyThere: 0, rejected: 1, leftOut: 0 });
    expect(balances(report)).toBe(true);
  });

  test('where the XML breaks, the deal it breaks in is not taken; those before it are', async () => {
    const whole = log(
      trace('A', event('Opened', '2026-03-02T10:00:00Z')),
      trace('B', event('Opened', '2026-03-02T10:00:00Z'), event('Called', '2026-03-02T10:00:00Z')),
    );
    const { report, door } = await imported(whole.slice(0, whole.lastIndexOf('<event>')), map);
    expect(report.stopped).toMatchObject({ code: 'xml' });
    expect(door.requests.map(({ id }) => id)).toEqual(['A']);
    expect(report.rows).toEqual({ read: 2, stored: 1, alreadyThere: 0, rejected: 1, leftOut: 0 });
    expect(report.rejected[0]!.code).toBe('cut-off');
    expect(balances(report)).toBe(true);
  });

  test.each([
    ['a document type', '<!DOCTYPE log [<!ENTITY a "aaaa">]><log/>', 'xml-doctype'],
    ['an entity of its own', log(trace('&a;')), 'xml'],
    ['tags that do not close', '<log><trace></log>', 'xml'],
    ['another root', '<html/>', 'no-log'],
    ['no XML', 'deal,seller\n', 'xml'],
    ['another encoding than it says', '<?xml version="1.0" encoding="ISO-8859-1"?><log/>', 'wrong-encoding'],
    ['tags nested without end', `<log>${'<list>'.repeat(100)}`, 'xml-too-deep'],
    ['a text without end', `<log><string key="a" value="${'x'.repeat(2_000_000)}"/></log>`, 'xml-too-long'],
    ['a trace with attributes without end', log(`<trace>${'<string key="a" value="b"/>'.repeat(2_000)}</trace>`), 'xml-too-many'],
  ])('a file with %s is refused', async (_, text, code) => {
    const { report, door } = await imported(text, map);
    expect(report.stopped?.code).toBe(code);
    expect(door.requests).toEqual([]);
  });

  test('a deal with more than 10,000 events is rejected, and nothing of it is held', async () => {
    const { report, door } = await imported(
      log(
        trace('A', event('Called', '2026-03-02T10:00:00Z').repeat(10_001)),
        trace('B', event('Opened', '2026-03-02T10:00:00Z')),
      ),
      map,
    );
    expect(report.stopped).toBeNull();
    expect(door.requests.map(({ id }) => id)).toEqual(['B']);
    expect(report.rows).toEqual({ read: 10_002, stored: 1, alreadyThere: 0, rejected: 10_001, leftOut: 0 });
    expect(report.deals).toMatchObject({ read: 2, rejected: 1 });
    expect(balances(report)).toBe(true);
  });
});
