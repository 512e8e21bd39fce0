import type { ClientBase } from 'pg';
import { isExpected } from '../expected.js';
import type { GroupResult, Job, Outcome } from '../jobs.js';
import { toPosition } from '../position.js';
import type { PreparedAppend, PreparedChange, PreparedEvent } from '../prepared.js';
import type { AppendResult, ExpectedRevision } from '../store.js';

interface AppendJob {
  readonly stream: string;
  readonly events: readonly PreparedEvent[];
  readonly expected: ExpectedRevision;
}
type Asked = Pick<AppendJob, 'stream' | 'events'>;
interface Found {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly append: number;
  /** How many events the same append wrote. */
  readonly together: number;
}
interface Placed extends PreparedEvent {
  readonly place: number;
  readonly stream: string;
  readonly revision: number;
  readonly append: number;
  readonly together: number;
  readonly recordedAt: string;
}

/** The name of the notification that tells followers that the log has grown. */
export const channelOf = (schema: string): string => `${schema}_log`;

/**
 * Does a group of jobs in one transaction: one flush to disk for all of them. Whoever appends holds the row `log_end` until the commit,
 * so that places are given in the order of the commits, without gaps, whichever process writes.
 * When it throws, nothing was written, or (where the connection broke in the commit) the same ids tell on the next try.
 */
export async function writeGroup(
  client: ClientBase,
  jobs: readonly Job[],
  { now, channel }: { readonly now: string; readonly channel: string },
): Promise<GroupResult> {
  const asked = jobs.flatMap((job): readonly Asked[] =>
    job.kind === 'append' ? [job] : job.kind === 'adopt' ? job.appends : [],
  );
  try {
    const group = asked.length > 0 ? await AppendGroup.open(client, asked, now) : await begin(client);
    const outcomes: Outcome[] = [];
    for (const job of jobs) {
      if (job.kind === 'append') outcomes.push(group!.decide(job));
      else if (job.kind === 'adopt') outcomes.push(group!.adopt(job.appends));
      else outcomes.push(await perform(client, job));
    }
    const events = (await group?.insert()) ?? 0;
    await client.query(events > 0 ? `notify ${channel}; commit` : 'commit');
    return { outcomes, events };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function begin(client: ClientBase): Promise<null> {
  await client.query('begin');
  return null;
}

/** The appends of one group, decided one after the other as if each were alone. */
class AppendGroup {
  private readonly placed: Placed[] = [];

  private constructor(
    private readonly client: ClientBase,
    private place: number,
    private readonly now: string,
    /** Of the last event. */
    private recordedAt: string,
    private readonly heads: Map<string, number>,
    private readonly known: Map<string, Found>,
  ) {}

  /** Takes the end of the log, and looks up all that the appends will ask for. */
  static async open(client: ClientBase, appends: readonly Asked[], now: string): Promise<AppendGroup> {
    const answers = (await client.query({
      text: `begin; select place, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from log_end for update`,
      rowMode: 'array',
    })) as unknown as readonly { readonly rows: readonly [string, string | null][] }[];
    const [place, last] = answers[1]!.rows[0]!;
    const ids = appends.flatMap(({ events }) => events.map(({ id }) => id));
    const streams = [...new Set(appends.map(({ stream }) => stream))];
    // A statement of its own: its snapshot must be taken after the end of the log is held.
    const { rows } = await client.query<[string | null, string, number, string, string, number]>({
      text: `select id, stream, revision, position, append, together from events where id = any($1)
             union all
             select null, s.stream, h.revision, 0, 0, 0 from unnest($2::text[]) as s(stream),
               lateral (select revision from events where stream = s.stream collate "C" order by revision desc limit 1) h`,
      values: [ids, streams],
      rowMode: 'array',
    });
    const heads = new Map<string, number>();
    const known = new Map<string, Found>();
    for (const [id, stream, revision, position, append, together] of rows)
      if (id === null) heads.set(stream, revision);
      else known.set(id, { stream, revision, position: Number(position), append: Number(append), together });
    return new AppendGroup(client, Number(place), now, Number(place) === 0 ? '' : last!, heads, known);
  }

  decide({ stream, events, expected }: AppendJob): AppendResult {
    const actual = this.heads.get(stream) ?? null;
    const known = events.map(({ id }) => this.known.get(id));
    if (known.some((found) => found !== undefined)) {
      const last = sameAppend(stream, known);
      if (!last) return { outcome: 'conflict', reason: 'ids', actual };
      return { outcome: 'appended', revision: last.revision, position: toPosition(last.position), repeated: true };
    }
    if (!isExpected(expected, actual)) return { outcome: 'conflict', reason: 'revision', actual };
    const stamp = this.now > this.recordedAt ? this.now : this.recordedAt;
    const revision = this.put({ stream, revision: (actual ?? -1) + 1, recordedAt: stamp, events });
    return { outcome: 'appended', revision, position: toPosition(this.place), repeated: false };
  }

  /** Everything is looked at before anything is put down: the group goes on when this is refused. */
  adopt(appends: readonly PreparedAppend[]): AppendResult {
    const heads = new Map<string, number>();
    let last = this.recordedAt;
    for (const { stream, revision, recordedAt, events } of appends) {
      const head = heads.get(stream) ?? this.heads.get(stream) ?? -1;
      const known = events.some(({ id }) => this.known.has(id));
      if (revision !== head + 1 || recordedAt < last || known)
        return { outcome: 'conflict', reason: known ? 'ids' : 'revision', actual: head };
      heads.set(stream, head + events.length);
      last = recordedAt;
    }
    let revision = -1;
    for (const one of appends) revision = this.put(one);
    return { outcome: 'appended', revision, position: toPosition(this.place), repeated: false };
  }

  /** Gives the events their places; answers the revision of the last. */
  private put({ stream, revision: from, recordedAt, events }: PreparedAppend): number {
    const append = this.place + 1;
    for (const [index, event] of events.entries()) {
      this.place += 1;
      const at = { stream, revision: from + index, append, together: events.length };
      this.placed.push({ ...event, ...at, recordedAt, place: this.place });
      this.known.set(event.id, { ...at, position: this.place });
    }
    this.recordedAt = recordedAt;
    const last = from + events.length - 1;
    this.heads.set(stream, last);
    return last;
  }

  async insert(): Promise<number> {
    const { placed } = this;
    if (placed.length === 0) return 0;
    await this.client.query({
      name: 'insert-events',
      text: `with written as (
               insert into events (position, stream, revision, id, type, recorded_at, append, together, data, meta)
               select position, stream, revision, id, type, recorded_at, append, together, data::json, meta::json
                 from unnest($2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::bigint[], $9::int[], $10::text[], $11::text[])
                   as e(position, stream, revision, id, type, recorded_at, append, together, data, meta))
             update log_end set place = $12, recorded_at = $1`,
      values: [
        this.recordedAt,
        placed.map(({ place }) => place),
        placed.map(({ stream }) => stream),
        placed.map(({ revision }) => revision),
        placed.map(({ id }) => id),
        placed.map(({ type }) => type),
        placed.map(({ recordedAt }) => recordedAt),
        placed.map(({ append }) => append),
        placed.map(({ together }) => together),
        placed.map(({ data }) => data),
        placed.map(({ meta }) => meta),
        this.place,
      ],
    });
    return placed.length;
  }
}

/** The last event of the earlier append, when `known` is all of it, to `stream`, in its order. */
function sameAppend(stream: string, known: readonly (Found | undefined)[]): Found | null {
  const first = known[0];
  if (!first || first.stream !== stream || first.append !== first.position || first.together !== known.length) return null;
  const inOrder = known.every((found, index) => found?.append === first.append && found.position === first.position + index);
  return inOrder ? known.at(-1)! : null;
}

async function perform(client: ClientBase, job: Exclude<Job, { kind: 'append' | 'adopt' }>): Promise<null> {
  switch (job.kind) {
    case 'keep':
      for (const change of job.changes) await keep(client, change);
      return null;
    case 'forget':
      await forget(client, job.projection);
      return null;
    case 'probe':
      await client.query(
        'insert into probe (one, token) values (true, $1) on conflict (one) do update set token = excluded.token',
        [job.token],
      );
      return null;
  }
}

async function forget(client: ClientBase, projection: string): Promise<void> {
  for (const table of ['projection_rows', 'projection_blocks', 'projection_checkpoints'])
    await client.query(`delete from ${table} where projection = $1`, [projection]);
}

async function keep(client: ClientBase, { projection, shape, position, rows, blocks, replaces }: PreparedChange): Promise<void> {
  const kept = await client.query<{ shape: string }>('select shape from projection_checkpoints where projection = $1', [
    projection,
  ]);
  if (replaces || (kept.rows[0] && kept.rows[0].shape !== shape)) await forget(client, projection);
  for (const [number, bytes] of blocks)
    await client.query(
      `insert into projection_blocks (projection, number, bytes) values ($1, $2, $3)
       on conflict (projection, number) do update set bytes = excluded.bytes`,
      [projection, number, bytes],
    );
  const put = rows.filter(([, row]) => row !== null);
  const drop = rows.flatMap(([key, row]) => (row === null ? [key] : []));
  if (put.length > 0)
    await client.query(
      `insert into projection_rows (projection, key, row) select $1, k, r from unnest($2::text[], $3::text[]) as u(k, r)
       on conflict (projection, key) do update set row = excluded.row`,
      [projection, put.map(([key]) => key), put.map(([, row]) => row)],
    );
  if (drop.length > 0)
    await client.query('delete from projection_rows where projection = $1 and key = any($2)', [projection, drop]);
  await client.query(
    `insert into projection_checkpoints (projection, shape, position) values ($1, $2, $3)
     on conflict (projection) do update set shape = excluded.shape, position = excluded.position`,
    [projection, shape, position],
  );
}
