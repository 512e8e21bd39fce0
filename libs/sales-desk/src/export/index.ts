import type { StoredEvent } from '@coxswain/event-store';
import { dealOf, opportunityEvent } from '../deal-file.js';
import type { OpportunityEvent } from '@coxswain/sales-process';

export type ExportFormat = 'jsonl' | 'xes' | 'ocel2';
export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'xes', 'ocel2'];

/** The log as text in a format that other tools read, in pieces. JSON lines are streamed; XES and OCEL 2.0 group by deal, and hold the log's deals in memory. */
export function exportLog(events: AsyncIterable<StoredEvent>, format: ExportFormat): AsyncIterable<string> {
  switch (format) {
    case 'jsonl':
      return jsonLines(events);
    case 'xes':
      return xes(events);
    case 'ocel2':
      return ocel(events);
  }
}

async function* jsonLines(events: AsyncIterable<StoredEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}

/** What process mining calls the activity of an event; null for one that no activity stands for. */
function activityOf(event: OpportunityEvent): string | null {
  switch (event.type) {
    case 'OpportunityCaptured':
      return event.stage;
    case 'StageChanged':
      return event.to;
    case 'TrackAdvanced':
      return `${event.track}: ${event.to}`;
    case 'ActivityLogged':
      return event.kind;
    case 'LimitFired':
      return `time limit of ${event.limit}`;
    case 'FactsRecorded':
    case 'OwnerChanged':
    case 'LimitStarted':
    case 'LimitCancelled':
      return null;
  }
}

/** Whether a file of this format holds the event: JSON lines hold every one, XES and OCEL 2.0 those that an activity stands for. */
export const isInExport = (stored: StoredEvent, format: ExportFormat): boolean =>
  format === 'jsonl' || (dealOf(stored.stream) !== null && activityOf(opportunityEvent(stored)) !== null);

// -------------------------------------------------------------------------------------------------------------- XES

/** XES 1.0 (IEEE 1849): a trace a deal, an event a stage entered, a track step, an activity or a time limit that was up. */
async function* xes(events: AsyncIterable<StoredEvent>): AsyncGenerator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace"><string key="concept:name" value=""/></global>
  <global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/></global>
  <classifier name="Activity" keys="concept:name"/>
`;
  const deals = new Map<string, { readonly head: readonly string[]; readonly events: string[] }>();
  for await (const stored of events) {
    const deal = dealOf(stored.stream);
    if (deal === null) continue;
    const event = opportunityEvent(stored);
    if (event.type === 'OpportunityCaptured') {
      const head = [
        text('concept:name', deal),
        text('process', event.process.id),
        text('owner', event.owner),
        text('origin', event.origin),
        ...(event.account === null ? [] : [text('account', event.account)]),
      ];
      deals.set(deal, { head, events: [] });
    }
    const activity = activityOf(event);
    if (activity === null) continue;
    const more =
      event.type === 'StageChanged' || event.type === 'TrackAdvanced'
        ? [text('move', event.move ?? event.cause), text('conformance', event.conformance)]
        : [];
    deals
      .get(deal)
      ?.events.push(
        `    <event>${text('concept:name', activity)}<date key="time:timestamp" value="${event.occurredAt}"/>${text('org:resource', event.by)}${text('type', event.type)}${more.join('')}</event>\n`,
      );
  }
  for (const { head, events: lines } of deals.values()) yield `  <trace>\n    ${head.join('')}\n${lines.join('')}  </trace>\n`;
  yield '</log>\n';
}

const text = (key: string, value: string): string => `<string key="${key}" value="${escaped(value)}"/>`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

/** Safe within an XML attribute; control characters, which XML cannot hold, are left out. */
function escaped(value: string): string {
  // oxlint-disable-next-line no-control-regex
  const speakable = value.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return speakable.replaceAll(/[&<>"\n\t\r]/g, (sign) => ESCAPES[sign]!);
}

// --------------------------------------------------------------------------------------------------------- OCEL 2.0

interface OcelObject {
  readonly id: string;
  readonly type: 'deal' | 'person' | 'account';
  readonly attributes: readonly { readonly name: string; readonly time: string; readonly value: string }[];
  readonly relationships: { objectId: string; qualifier: string }[];
}

/** OCEL 2.0 (JSON): deals, people and accounts are objects, so that one event can belong to several of them. */
async function* ocel(events: AsyncIterable<StoredEvent>): AsyncGenerator<string> {
  const objects = new Map<string, OcelObject>();
  const object = (type: OcelObject['type'], name: string, attributes: OcelObject['attributes'] = []): OcelObject => {
    const id = `${type}:${name}`;
    const found = objects.get(id) ?? { id, type, attributes, relationships: [] };
    objects.set(id, found);
    return found;
  };
  const types = new Set<string>();
  const lines: string[] = [];
  for await (const stored of events) {
    const name = dealOf(stored.stream);
    if (name === null) continue;
    const event = opportunityEvent(stored);
    if (event.type === 'OpportunityCaptured') {
      const deal = object('deal', name, [
        { name: 'process', time: event.occurredAt, value: event.process.id },
        { name: 'origin', time: event.occurredAt, value: event.origin },
      ]);
      if (event.account !== null)
        deal.relationships.push({ objectId: object('account', event.account).id, qualifier: 'sold to' });
      if (event.openedFrom) deal.relationships.push({ objectId: `deal:${event.openedFrom.deal}`, qualifier: 'opened from' });
    }
    const activity = activityOf(event);
    if (activity === null) continue;
    types.add(activity);
    lines.push(
      JSON.stringify({
        id: stored.id,
        type: activity,
        time: event.occurredAt,
        attributes: [{ name: 'recordedAt', value: stored.recordedAt }],
        relationships: [
          { objectId: object('deal', name).id, qualifier: 'about' },
          { objectId: object('person', event.by).id, qualifier: 'by' },
        ],
      }),
    );
  }
  const strings = (...names: string[]): { name: string; type: string }[] => names.map((one) => ({ name: one, type: 'string' }));
  yield '{"objectTypes":';
  yield JSON.stringify([
    { name: 'deal', attributes: strings('process', 'origin') },
    { name: 'person', attributes: [] },
    { name: 'account', attributes: [] },
  ]);
  yield `,"eventTypes":${JSON.stringify(Array.from(types, (type) => ({ name: type, attributes: strings('recordedAt') })))}`;
  yield `,"objects":${JSON.stringify([...objects.values()])}`;
  yield `,"events":[${lines.join(',')}]}\n`;
}
