// Makes a store with a long log, by appends past the desk. Usage: node make-log.mjs FILE DEALS
import { openSqliteStore } from '../../libs/event-store/dist/index.js';

const [file, deals] = process.argv.slice(2);
const { store, close } = await openSqliteStore(file);
const instant = (minute) => new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString();
const ref = { id: 'new-business', version: 1, hash: 'of-no-version' };

/** Ten events: a capture, four steps, four activities and an owner. Deals come in turns, so that the events of one lie far apart. */
function event(deal, n) {
  const happened = { occurredAt: instant(n * Number(deals) + deal), by: `seller-${deal % 50} ${'n'.repeat(1_500)}` };
  const id = `${deal}-${n}`;
  if (n === 0)
    return {
      id,
      type: 'OpportunityCaptured',
      data: {
        ...happened,
        process: ref,
        stage: 'lead',
        phase: 'lead',
        tracks: {},
        facts: { source: 'inbound' },
        owner: happened.by,
        team: null,
        account: `Account ${deal}`,
        origin: 'new',
        openedFrom: null,
      },
    };
  if (n === 9)
    return {
      id,
      type: 'OwnerChanged',
      data: { ...happened, from: { owner: 'a', team: null }, to: { owner: 'b', team: null } },
    };
  if (n % 2 === 0) return { id, type: 'ActivityLogged', data: { ...happened, kind: 'call', note: null } };
  const step = { from: 'lead', to: 'qualified', fromPhase: 'lead', toPhase: 'qualified', move: 'qualify' };
  const rest = { role: null, team: null, reason: null, checks: [], cause: 'move', conformance: 'conforming', broke: [] };
  return {
    id,
    type: 'StageChanged',
    data: { ...happened, ...step, process: ref, ...rest, result: null, opens: null, tracks: {} },
  };
}

const AT_ONCE = 1_000;
for (let n = 0; n < 10; n += 1)
  for (let from = 0; from < Number(deals); from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, Number(deals) - from) }, (_, more) =>
        store.append(`opportunity-d${from + more}`, [event(from + more, n)], n === 0 ? 'no-stream' : n - 1),
      ),
    );
await close();
