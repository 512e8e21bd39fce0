import type { ClientBase } from 'pg';
import { StoreUnavailable } from '../store.js';
import { quoted } from './address.js';

/** What holds the whole schema while it is made or changed: several processes may start at once. */
const MIGRATION_LOCK = 0x4378736e;

/** Each step brings the tables from the form of its index to the next; a released step is never changed. */
const STEPS: readonly string[] = [
  `
create table about (
  key   text primary key,
  value text not null
);
comment on table about is 'What this schema is, for whoever opens it with a SQL tool.';

create table events (
  position    bigint primary key,
  stream      text collate "C" not null,
  revision    integer not null,
  id          text collate "C" not null unique,
  type        text not null,
  recorded_at timestamptz not null,
  append      bigint not null,
  together    integer not null,
  data        json not null,
  meta        json not null,
  unique (stream, revision)
);
comment on table events is 'The log: one row is one thing that happened. Rows are only ever added; never change or delete one.';
comment on column events.position is 'Place in the whole log: 1, 2, 3 ... in the order of the commits.';
comment on column events.stream is 'Whose record the event belongs to.';
comment on column events.revision is 'Place in its stream: 0, 1, 2 ...';
comment on column events.id is 'The event''s own id: the same id is stored once.';
comment on column events.type is 'What happened, in the past tense.';
comment on column events.recorded_at is 'When it was written; never falls as the position grows.';
comment on column events.append is 'Position of the first event of the same append: written together or not at all.';
comment on column events.together is 'How many events the same append wrote.';
comment on column events.data is 'What happened.';
comment on column events.meta is 'About the writing itself (request, batch).';

create table log_end (
  one         boolean primary key default true check (one),
  place       bigint not null,
  recorded_at timestamptz not null
);
comment on table log_end is 'One row: the place of the last event. Whoever appends holds it until the commit, so places are given in commit order, without gaps.';
insert into log_end (place, recorded_at) values (0, '-infinity');

create table projection_checkpoints (
  projection text collate "C" primary key,
  shape      text not null,
  position   text not null
);
comment on table projection_checkpoints is 'How far each read model has come. A read model can be deleted at any time: it is rebuilt from the events.';

create table projection_rows (
  projection text collate "C",
  key        text collate "C",
  row        text not null,
  primary key (projection, key)
);
comment on table projection_rows is 'What the read models keep, as JSON, written in one transaction with their checkpoints. Derived from the events; not the truth.';

create table probe (
  one   boolean primary key default true check (one),
  token text not null
);
comment on table probe is 'One row, rewritten by each readiness check to prove that a durable write still succeeds.';

create view log as
  select position, recorded_at, stream, revision, type, data, meta, id from events order by position;
comment on view log is 'The log for people: select * from log where stream = ''...'';';

insert into about (key, value) values
  ('what', 'An append-only log of events. Start with: select * from log limit 20;'),
  ('events', 'The truth. One row is one thing that happened; rows are only ever added.'),
  ('projection_rows', 'Derived from the events and rebuilt from them; not the truth.'),
  ('writing', 'Any number of service processes may write; each append takes the one row of log_end.'),
  ('backup', 'pg_dump of this schema is a whole backup, also while the service runs.');
`,
  `
create table projection_blocks (
  projection text collate "C",
  number     integer,
  bytes      bytea not null,
  primary key (projection, number)
);
comment on table projection_blocks is 'What the read models keep as packed columns of numbers, in the order of the log. Derived from the events; not the truth.';
insert into about (key, value) values ('projection_blocks', 'Derived from the events and rebuilt from them; not the truth.');
`,
];

/**
 * Makes the schema, or brings it to this version's form, all or nothing; does nothing where it is there already.
 * Throws `StoreUnavailable` where it is of a newer form, belongs to something else, or must exist and does not.
 */
export async function migrate(client: ClientBase, schema: string, mustExist = false): Promise<void> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const there = await client.query<{ form: string | null }>(
      `select obj_description(oid, 'pg_namespace') as form from pg_namespace where nspname = $1`,
      [schema],
    );
    const form = formOf(schema, there.rows);
    if (mustExist && form < STEPS.length)
      throw new StoreUnavailable(
        `there is no store in the schema "${schema}", or it is of an older form`,
        'Start the service once to make it, or name another.',
      );
    if (there.rows.length === 0) await client.query(`create schema ${quoted(schema)}`);
    await client.query(`set local search_path to ${quoted(schema)}`);
    for (const step of STEPS.slice(form)) await client.query(step);
    if (form < STEPS.length) await client.query(`comment on schema ${quoted(schema)} is 'Coxswain, form ${STEPS.length}'`);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** The form of the tables that are there: 0 where there are none. */
function formOf(schema: string, found: readonly { readonly form: string | null }[]): number {
  if (found.length === 0) return 0;
  const form = Number(/^Coxswain, form (\d+)$/.exec(found[0]?.form ?? '')?.[1] ?? NaN);
  if (Number.isNaN(form))
    throw new StoreUnavailable(
      `the schema "${schema}" belongs to something else`,
      'Name another with ?schema=NAME at the end of the address; this one was left as it is.',
    );
  if (form > STEPS.length)
    throw new StoreUnavailable(
      `the schema "${schema}" was written by a newer version (form ${form}; this one knows ${STEPS.length})`,
      'Start the newer version, or restore a backup made before the upgrade.',
    );
  return form;
}
