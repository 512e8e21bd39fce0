import { guarded, type Database } from './driver.js';
import { StoreUnavailable } from '../store.js';

/** "Cxsn" in ASCII: stands in the header of the file, so that `file` and other tools know whose it is. */
const APPLICATION_ID = 0x4378736e;
const SCHEMA_VERSION = 2;

const BLOCKS = `
create table projection_blocks (
  -- What the read models keep as packed columns of numbers, written in one transaction with their checkpoints.
  projection text not null,
  number     integer not null, -- 0, 1, 2 ... in the order of the log
  bytes      blob not null,
  primary key (projection, number)
) strict;
`;

const ABOUT_BLOCKS = `insert into about (key, value) values ('projection_blocks', 'Derived from the events and rebuilt from them; not the truth.');`;

const SCHEMA = `
create table about (
  -- What this file is, for whoever opens it with a SQLite tool.
  key text primary key,
  value text not null
) strict;

create table events (
  -- The log: one row is one thing that happened. Rows are only ever added; never change or delete one.
  position    integer primary key, -- place in the whole log, ascending, with gaps allowed
  stream      text not null,       -- whose record the event belongs to
  revision    integer not null,    -- place in its stream: 0, 1, 2 ...
  id          text not null unique, -- the event's own id: the same id is stored once
  type        text not null,       -- what happened, in the past tense
  recorded_at text not null,       -- when it was written: ISO 8601, UTC, milliseconds; never falls as position grows
  append      integer not null,    -- position of the first event of the same append: written together or not at all
  data        text not null,       -- what happened, as JSON
  meta        text not null,       -- about the writing itself (request, batch), as JSON
  unique (stream, revision)
) strict;

create table projection_checkpoints (
  -- How far each read model has come. A read model can be deleted at any time: it is rebuilt from the events.
  projection text primary key,
  shape      text not null, -- version of the rows' form; rows of another form are rebuilt, never read
  position   text not null  -- the last event that the rows reflect
) strict;

create table projection_rows (
  -- What the read models keep, written in one transaction with their checkpoints.
  projection text not null,
  key        text not null,
  row        text not null, -- JSON
  primary key (projection, key)
) strict, without rowid;

${BLOCKS}
create table probe (
  -- One row, rewritten by each readiness check to prove that the disk still takes a durable write.
  one   integer primary key check (one = 1),
  token text not null
) strict;

create view log as
  -- The log for people: select * from log where stream = '...';
  select position, recorded_at, stream, revision, type, data, meta, id from events order by position;

insert into about (key, value) values
  ('what', 'An append-only log of events. Start with: select * from log limit 20;'),
  ('events', 'The truth. One row is one thing that happened; rows are only ever added.'),
  ('log', 'A view of events for people, in the order in which they were written.'),
  ('projection_rows', 'Derived from the events and rebuilt from them; not the truth.'),
  ('reading', 'Any SQLite tool may read this file while the service runs. Close it again: an open reader keeps the -wal file growing.'),
  ('writing', 'Only the service writes. It holds a lock in the file beside this one that ends in .lock.'),
  ('backup', 'sqlite3 FILE "vacuum into ''copy.db''" works while the service runs; copying FILE alone does not.');

${ABOUT_BLOCKS}

pragma application_id = ${APPLICATION_ID};
pragma user_version = ${SCHEMA_VERSION};
`;

/** What stands in the header of the file. */
type Identity = 'empty' | 'older' | 'ours';

/** Says whether the file is new, ours or ours of an older form; throws `StoreUnavailable` when it is somebody else's or from a newer version. */
export function identify(file: string, database: Database): Identity {
  return guarded(file, () => {
    const application = numberOf(database, 'pragma application_id');
    const version = numberOf(database, 'pragma user_version');
    const objects = numberOf(database, 'select count(*) from sqlite_schema');
    if (application === 0 && version === 0 && objects === 0) return 'empty';
    if (application !== APPLICATION_ID)
      throw new StoreUnavailable(`${file} belongs to another program`, 'Name another file; this one was left as it is.');
    if (version > SCHEMA_VERSION)
      throw new StoreUnavailable(
        `${file} was written by a newer version (form ${version}; this one knows ${SCHEMA_VERSION})`,
        'Start the newer version, or restore a backup made before the upgrade.',
      );
    return version < SCHEMA_VERSION ? 'older' : 'ours';
  });
}

/** Makes the tables in an empty file, all or none. */
export function createSchema(file: string, database: Database): void {
  guarded(file, () => database.exec(`begin immediate;\n${SCHEMA}\ncommit;`));
}

/** Brings a file of an older form to this one, all or nothing. What the log holds stays as it is. */
export function upgradeSchema(file: string, database: Database): void {
  guarded(file, () =>
    database.exec(`begin immediate;\n${BLOCKS}\n${ABOUT_BLOCKS}\npragma user_version = ${SCHEMA_VERSION};\ncommit;`),
  );
}

/** The one number that a statement answers. */
export function numberOf(database: Database, sql: string): number {
  const row = database.prepare(sql).get() as Record<string, number>;
  return Object.values(row)[0] ?? 0;
}
