/**
 * A log of any size that looks like a real one: the demo company, made by real commands through the one door, many times side by side.
 * Each copy has deals, accounts and people of its own, other amounts, and stands up to a day apart; events come in the order of their time.
 * Leads that end early are all copied, the longer stories as often as it takes for ten events a deal.
 */
import { randomUUID } from 'node:crypto';
import { openStore } from '@coxswain/event-store';
import { demoPeople, loadDemoCompany, SalesDesk } from '@coxswain/sales-desk';
import { processFile } from './desk.mjs';

const DAY = 86_400_000;
const EVENTS_A_DEAL = 10;
const EARLY = 10;
/** How many copies share one set of people: about a thousand sellers at a million deals. */
const COPIES_A_TEAM = 20;
const EVENTS_AT_ONCE = 20_000;

/** Writes about so many events into an empty store; says what it wrote. */
export async function writeCompany(store, events, { onProgress = () => undefined } = {}) {
  const until = Math.floor(Date.now() / DAY) * DAY - DAY;
  const { published, appends, families } = await demoCompany(new Date(until));
  const { share, eventsACopy } = mixOf(families);
  const copies = Math.max(1, Math.round(events / eventsACopy));
  const shifts = Array.from({ length: copies }, (_, copy) => Math.floor(fraction(copy * GOLDEN) * DAY));
  const isIn = (family, copy) => family.early || fraction(copy * GOLDEN + family.number * SILVER) < share;

  const written = { events: 0, deals: 0, payload: 0, from: '', to: '' };
  let group = [];
  let waiting = 0;
  const write = async () => {
    await store.adopt(group);
    [group, waiting] = [[], 0];
    onProgress(written.events);
  };
  const add = (list) => {
    group.push(list);
    waiting += list.length;
    for (const { data, meta, revision, recordedAt } of list) {
      written.events += 1;
      written.payload += JSON.stringify(data).length + JSON.stringify(meta).length;
      if (revision === 0) written.deals += 1;
      written.from ||= recordedAt;
      written.to = recordedAt;
    }
  };
  for (const append of published) add(append);
  written.deals = 0;

  // A day at a time: what falls in it, of all copies, in order.
  const next = new Int32Array(copies);
  for (let day = Math.floor(appends[0].at / DAY) * DAY; day < until + 2 * DAY; day += DAY) {
    const today = [];
    for (let copy = 0; copy < copies; copy += 1) {
      for (; next[copy] < appends.length && appends[next[copy]].at + shifts[copy] < day + DAY; next[copy] += 1) {
        const append = appends[next[copy]];
        if (isIn(append.family, copy)) today.push({ at: append.at + shifts[copy], append, copy });
      }
    }
    today.sort((a, b) => a.at - b.at);
    for (const { append, copy } of today) {
      add(append.write({ copy, shift: shifts[copy] }));
      if (waiting >= EVENTS_AT_ONCE) await write();
    }
  }
  if (waiting > 0) await write();
  return written;
}

const GOLDEN = 0.6180339887498949;
const SILVER = 0.41421356237309515;
const fraction = (number) => number - Math.floor(number);

/** How often a longer story is told for ten events a deal, and how many events a copy then has. */
function mixOf(families) {
  const sum = (some, of) => some.reduce((total, family) => total + family[of], 0);
  const [early, long] = [families.filter(({ early }) => early), families.filter(({ early }) => !early)];
  const missing = EVENTS_A_DEAL * sum(early, 'deals') - sum(early, 'events');
  const share = Math.min(1, missing / (sum(long, 'events') - EVENTS_A_DEAL * sum(long, 'deals')));
  return { share, eventsACopy: sum(early, 'events') + share * sum(long, 'events') };
}

/** The demo company once: what was published and planned before the first deal, every append of a deal in order, and the families, a deal with those that it opened. */
async function demoCompany(until) {
  let clock = null;
  const now = () => clock ?? new Date();
  const opened = await openStore('memory:', { now });
  const desk = await SalesDesk.open({ ...opened, now });
  await loadDemoCompany(desk, { setClock: (instant) => (clock = instant), processFiles: [processFile], until });
  await desk.close();
  const recorded = [];
  for await (const { position: _, ...event } of opened.store.readAll()) recorded.push(event);
  await opened.close();

  const deals = recorded.filter(({ stream }) => stream.startsWith('opportunity-'));
  const parents = new Map(
    deals.filter(({ data }) => data.openedFrom).map(({ stream, data }) => [stream, `opportunity-${data.openedFrom.deal}`]),
  );
  const families = new Map();
  const familyOf = (stream) => {
    const first = parents.has(stream) ? parents.get(stream) : stream;
    if (first !== stream) return familyOf(first);
    if (!families.has(stream)) families.set(stream, { number: families.size, events: 0, deals: 0 });
    return families.get(stream);
  };
  for (const { stream, revision } of deals) {
    familyOf(stream).events += 1;
    if (revision === 0) familyOf(stream).deals += 1;
  }
  for (const family of families.values()) family.early = family.events <= EARLY;

  const ids = new Set(deals.map(({ stream }) => stream.slice('opportunity-'.length)));
  const people = new Set(demoPeople.map(({ name }) => name));
  return {
    // The process, and the targets of the first day; what the company forecast later is of its own size.
    published: together(
      recorded.filter(({ stream, recordedAt }) => !stream.startsWith('opportunity-') && recordedAt <= deals[0].recordedAt),
    ),
    appends: together(deals).map((events) => ({
      at: Date.parse(events[0].recordedAt),
      family: familyOf(events[0].stream),
      write: copying(events, ids, people),
    })),
    families: [...families.values()],
  };
}

/** Events of one deal at one instant were one append. */
function together(events) {
  const lists = [];
  for (const event of events) {
    const last = lists.at(-1)?.at(-1);
    if (last?.stream === event.stream && last.recordedAt === event.recordedAt) lists.at(-1).push(event);
    else lists.push([event]);
  }
  return lists;
}

/** Prepares an append to be written again and again: what differs from copy to copy is found once. */
function copying(events, ids, people) {
  const recipes = events.map((event) => ({ event, at: Date.parse(event.recordedAt), data: recipe(event.data, ids, people) }));
  return ({ copy, shift }) =>
    recipes.map(({ event, at, data }) => ({
      ...event,
      stream: `${event.stream}-${copy}`,
      id: randomUUID(),
      recordedAt: new Date(at + shift).toISOString(),
      data: data({ copy, shift }),
    }));
}

/** A function that makes the value of a copy. What is the same in each is shared. */
function recipe(value, ids, people) {
  if (typeof value === 'string') {
    if (ids.has(value)) return ({ copy }) => `${value}-${copy}`;
    if (people.has(value)) return ({ copy }) => `${value}-${Math.floor(copy / COPIES_A_TEAM)}`;
    const at = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? Date.parse(value) : NaN;
    if (!Number.isNaN(at)) return ({ shift }) => new Date(at + shift).toISOString();
    return Object.assign(() => value, { same: true });
  }
  if (typeof value !== 'object' || value === null) return Object.assign(() => value, { same: true });
  if ('minor' in value && 'currency' in value)
    return ({ copy }) => ({ ...value, minor: Math.round((value.minor * (60 + ((copy * 37) % 80))) / 10_000) * 100 });
  const parts = Object.entries(value).map(([name, part]) => [name, recipe(part, ids, people)]);
  if (parts.every(([, part]) => part.same)) return Object.assign(() => value, { same: true });
  return (of) => {
    const made = Array.isArray(value) ? [] : {};
    for (const [name, part] of parts) made[name] = part(of);
    return made;
  };
}
