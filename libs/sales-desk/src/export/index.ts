import type { StoredEvent } from '@coxswain/event-store';
import { dealOf, opportunityEvent } from '../deal-file.js';
import type { OpportunityEvent } from '@coxswain/sales-process';
import { Grouping } from '../grouping.js';

export type ExportFormat = 'jsonl' | 'xes' | 'ocel2';
export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'xes', 'ocel2'];

/**
 * The log as text in a format that other tools read, in pieces. The log is never held in memory: what XES groups by deal and OCEL 2.0 by object lies
 * in the folder for temporary files meanwhile. Of each deal, person and account the name is held.
 */
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
    case 'DealMigrated':
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
  const deals = new Map<string, number>();
  const grouping = new Grouping();
  try {
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
        deals.set(deal, deals.size);
        await grouping.add(deals.get(deal)!, head.join(''));
      }
      const [activity, number] = [activityOf(event), deals.get(deal)];
      if (activity === null || number === undefined) continue;
      const more =
        event.type === 'StageChanged' || event.type === 'TrackAdvanced'
          ? [text('move', event.move ?? event.cause), text('conformance', event.conformance)]
          : [];
      await grouping.add(
        number,
        `<event>${text('concept:name', activity)}<date key="time:timestamp" value="${event.occurredAt}"/>${text('org:resource', event.by)}${text('type', event.type)}${more.join('')}</event>`,
      );
    }
    yield* inPortions(traces(grouping));
  } finally {
    await grouping.remove();
  }
  yield '</log>\n';
}

/** The first text of each group is the head of its trace, the others are its events. */
async function* traces(grouping: Grouping): AsyncGenerator<string> {
  let trace: number | null = null;
  for await (const { group, text: line } of grouping.texts()) {
    if (group !== trace) {
      if (trace !== null) yield '  </trace>\n';
      yield '  <trace>\n';
    }
    trace = group;
    yield `    ${line}\n`;
  }
  if (trace !== null) yield '  </trace>\n';
}

const PORTION = 65_536;

/** The same text in fewer pieces. */
async function* inPortions(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let portion = '';
  for await (const piece of pieces) {
    portion += piece;
    if (portion.length < PORTION) continue;
    yield portion;
    portion = '';
  }
  if (portion !== '') yield portion;
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
  readonly relationships: readonly { readonly objectId: string; readonly qualifier: string }[];
}

/**
 * OCEL 2.0 (JSON): deals, people and accounts are objects, so that one event can belong to several of them. The events come first, as they are
 * read; objects lie aside until then, since all of them are known only at the end.
 */
async function* ocel(events: AsyncIterable<StoredEvent>): AsyncGenerator<string> {
  const strings = (...names: string[]): { name: string; type: string }[] => names.map((one) => ({ name: one, type: 'string' }));
  const objectTypes = [
    { name: 'deal', attributes: strings('process', 'origin') },
    { name: 'person', attributes: [] },
    { name: 'account', attributes: [] },
  ];
  const types = new Set<string>();
  const objects = new Objects();
  try {
    yield `{"objectTypes":${JSON.stringify(objectTypes)},"events":[`;
    yield* inPortions(separated(ocelEvents(events, objects, types)));
    yield '],"objects":[';
    yield* inPortions(separated(objects.all()));
    yield '],"eventTypes":';
    yield `${JSON.stringify(Array.from(types, (type) => ({ name: type, attributes: strings('recordedAt') })))}}\n`;
  } finally {
    await objects.remove();
  }
}

async function* ocelEvents(events: AsyncIterable<StoredEvent>, objects: Objects, types: Set<string>): AsyncGenerator<string> {
  for await (const stored of events) {
    const name = dealOf(stored.stream);
    if (name === null) continue;
    const event = opportunityEvent(stored);
    if (event.type === 'OpportunityCaptured') {
      const account = event.account === null ? null : await objects.id('account', event.account);
      const attributes = [
        { name: 'process', time: event.occurredAt, value: event.process.id },
        { name: 'origin', time: event.occurredAt, value: event.origin },
      ];
      await objects.id('deal', name, attributes, [
        ...(account === null ? [] : [{ objectId: account, qualifier: 'sold to' }]),
        ...(event.openedFrom ? [{ objectId: `deal:${event.openedFrom.deal}`, qualifier: 'opened from' }] : []),
      ]);
    }
    const activity = activityOf(event);
    if (activity === null) continue;
    types.add(activity);
    yield JSON.stringify({
      id: stored.id,
      type: activity,
      time: event.occurredAt,
      attributes: [{ name: 'recordedAt', value: stored.recordedAt }],
      relationships: [
        { objectId: await objects.id('deal', name), qualifier: 'about' },
        { objectId: await objects.id('person', event.by), qualifier: 'by' },
      ],
    });
  }
}

/** The objects that were named, in the order in which they were. Their ids are held, what is said of them lies aside. */
class Objects {
  private readonly known = new Set<string>();
  private readonly aside = new Grouping();

  /** The id of an object, which is noted when it is named first. */
  async id(
    type: OcelObject['type'],
    name: string,
    attributes: OcelObject['attributes'] = [],
    relationships: OcelObject['relationships'] = [],
  ): Promise<string> {
    const id = `${type}:${name}`;
    if (this.known.has(id)) return id;
    this.known.add(id);
    await this.aside.add(0, JSON.stringify({ id, type, attributes, relationships } satisfies OcelObject));
    return id;
  }

  async *all(): AsyncGenerator<string> {
    for await (const { text: object } of this.aside.texts()) yield object;
  }

  remove(): Promise<void> {
    return this.aside.remove();
  }
}

async function* separated(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let before = '';
  for await (const piece of pieces) {
    yield before + piece;
    before = ',';
  }
}
