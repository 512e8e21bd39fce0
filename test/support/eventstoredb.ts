import { afterAll } from '@jest/globals';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb, {
  type AppendReq,
  type AppendResp,
  type BatchAppendReq,
  type BatchAppendResp,
  type ReadReq,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A stand-in for EventStoreDB: a gRPC server of its own over TCP that speaks as much of the protocol as the unmodified client calls, over a
 * log in memory. It is written from the protocol and from the server's public source, not from a running server: what it does is what we
 * believe of one.
 */
export interface StandIn {
  /** The address of a store, with streams of its own. */
  uri(options?: Readonly<Record<string, string>>): string;
  /** The clock of the server. */
  now: () => Date;
  maxAppendSize: number;
  /** Whether appends of several events are answered with the position of the last one (as reads tell it), or of the first. */
  answersLast: boolean;
  /** Asked for each call; what it gives is what goes wrong. */
  trouble: (call: Call) => Trouble | null;
  /** Who may come in: names and passwords; everybody where it is null. Needs TLS, as the client sends no password without. */
  users: Readonly<Record<string, string>> | null;
  /** Every event there is, of whatever stream. */
  readonly log: readonly Kept[];
  /** How many calls of a kind were taken. */
  readonly calls: Record<Call['kind'], number>;
  /** How many calls are open: reads and subscriptions that were not read to their end. */
  readonly openReads: number;
  /** Writes an event as something else would. */
  write(
    stream: string,
    event?: { readonly id?: string; readonly type?: string; readonly data?: object; readonly meta?: object },
  ): void;
  /** Forgets every event there is. */
  forget(): void;
  /** Ends all connections, as a network does. */
  dropConnections(): void;
  /** Nothing goes through any more, though all connections stay, until told otherwise. */
  stall(stalled: boolean): void;
  /** Ends all subscriptions without an error. */
  endSubscriptions(): void;
  /** Subscriptions say nothing any more. */
  muteSubscriptions(): void;
  stop(): Promise<void>;
}

export interface Call {
  readonly kind: 'append' | 'batch' | 'read' | 'subscribe';
  readonly stream: string;
}

/** `refuse`: an error and nothing done. `lose`: done, and never answered. `break`: done, then an error. `wait`: later. */
export type Trouble =
  | { readonly refuse: number; readonly says?: string; readonly metadata?: Readonly<Record<string, string>> }
  | { readonly lose: true }
  | { readonly break: number }
  | { readonly waitMs: number };

export interface Kept {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly meta: Uint8Array;
  readonly position: number;
  readonly created: Date;
}

type Proposed = Pick<Kept, 'id' | 'type' | 'contentType' | 'data' | 'meta'>;
type Expected = number | 'any' | 'none' | 'exists';
type Done =
  { readonly revision: number; readonly position: number } | { readonly wrong: number | null } | { readonly tooLarge: true };

/** Under "any" a server remembers so many of the ids it took last. */
const REMEMBERED = 100;
const MESSAGES_AHEAD = 1_000;

let prefixes = 0;

/** Starts one, stopped after the last test of the file. */
export async function startEventStoreDb(tls: { readonly key: Buffer; readonly cert: Buffer } | null = null): Promise<StandIn> {
  const standIn = new Running(tls);
  await standIn.start();
  afterAll(() => standIn.stop());
  return standIn;
}

class Running implements StandIn {
  now: () => Date = () => new Date();
  maxAppendSize = 4 * 1024 * 1024;
  answersLast = true;
  trouble: (call: Call) => Trouble | null = () => null;
  users: Readonly<Record<string, string>> | null = null;
  readonly log: Kept[] = [];
  readonly calls = { append: 0, batch: 0, read: 0, subscribe: 0 };
  openReads = 0;

  private readonly streams = new Map<string, Kept[]>();
  private readonly maxCounts = new Map<string, number>();
  private readonly grown = new EventEmitter().setMaxListeners(0);
  private readonly subscriptions = new Set<{ muted: boolean; end: () => void }>();
  private readonly server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
  private readonly sockets = new Set<Socket>();
  private readonly wire = createServer((socket) => this.pass(socket));
  private stalled = false;
  private place = 1_000;

  constructor(private readonly tls: { readonly key: Buffer; readonly cert: Buffer } | null) {}

  uri({ user = '', ...options }: Readonly<Record<string, string>> = {}): string {
    const query = { tls: String(this.tls !== null), prefix: `test${(prefixes += 1)}`, ...options };
    return `esdb://${user && `${user}@`}127.0.0.1:${this.port}?${new URLSearchParams(query).toString()}`;
  }

  async start(): Promise<void> {
    const implementation = {
      read: (call: ServerWritableStream<ReadReq, ReadResp>) => void this.read(call),
      append: (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>) => this.append(call, answer),
      batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => this.batchAppend(call),
    };
    const unused = { delete: () => undefined, tombstone: () => undefined };
    this.server.addService(streamsGrpc.StreamsService, { ...implementation, ...unused });
    this.server.addService(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: (_: unknown, answer: sendUnaryData<unknown>) => answer(null, features()),
    });
    this.server.addService(gossipGrpc.GossipService, {
      read: (_: unknown, answer: sendUnaryData<unknown>) => answer(null, this.members()),
    });
    const credentials = this.tls
      ? ServerCredentials.createSsl(null, [{ private_key: this.tls.key, cert_chain: this.tls.cert }])
      : ServerCredentials.createInsecure();
    const behind = await new Promise<number>((resolve, reject) =>
      this.server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.behind = behind;
    this.wire.listen(0, '127.0.0.1');
    await once(this.wire, 'listening');
  }
  private behind = 0;

  private get port(): number {
    return (this.wire.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.forceShutdown();
    this.dropConnections();
    await new Promise<void>((resolve) => this.wire.close(() => resolve()));
  }

  write(
    stream: string,
    {
      id = randomUUID(),
      type = 'Other',
      data = {},
      meta = {},
    }: { id?: string; type?: string; data?: object; meta?: object } = {},
  ): void {
    const bytes = (value: object): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)));
    this.commit(stream, [{ id, type, contentType: 'application/json', data: bytes(data), meta: bytes(meta) }], 'any');
  }

  forget(): void {
    this.log.length = 0;
    this.streams.clear();
    this.maxCounts.clear();
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  stall(stalled: boolean): void {
    this.stalled = stalled;
    for (const socket of this.sockets)
      if (stalled) socket.pause();
      else socket.resume();
  }

  endSubscriptions(): void {
    for (const { end } of this.subscriptions) end();
  }

  muteSubscriptions(): void {
    for (const subscription of this.subscriptions) subscription.muted = true;
  }

  /** Bytes in, bytes out, so that connections can be cut and stalled as a network would. */
  private pass(client: Socket): void {
    const server = connect(this.behind, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      // Otherwise small messages wait for each other, 40 ms each.
      one.setNoDelay(true);
      one.on('data', (bytes) => other.write(bytes));
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      if (this.stalled) one.pause();
    }
  }

  private append(call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>): void {
    const requests: AppendReq[] = [];
    call.on('data', (request: AppendReq) => requests.push(request));
    call.on('error', () => undefined);
    call.on('end', () => {
      const options = requests[0]!.getOptions()!;
      const stream = nameOf(options.getStreamIdentifier()!);
      const events = requests.slice(1).map((request) => proposed(request.getProposedMessage()!));
      const expected: Expected = options.hasAny()
        ? 'any'
        : options.hasNoStream()
          ? 'none'
          : options.hasStreamExists()
            ? 'exists'
            : Number(options.getRevision());
      this.calls.append += 1;
      const refused = this.refusal(call.metadata);
      const trouble = refused ?? this.trouble({ kind: 'append', stream });
      const serve = (): void => {
        if (trouble && 'refuse' in trouble) return answer(errorOf(trouble));
        const done = this.commit(stream, events, expected);
        if (trouble && 'lose' in trouble) return;
        if (trouble && 'break' in trouble) return answer(errorOf({ refuse: trouble.break }));
        if ('tooLarge' in done) return answer(errorOf(tooLarge(this.maxAppendSize)));
        answer(null, appendResponse(done));
      };
      if (trouble && 'waitMs' in trouble) setTimeout(serve, trouble.waitMs);
      else serve();
    });
  }

  /** The way of appending that the client prefers and the adapter does not take: one stream of calls for all. */
  private batchAppend(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    const parts = new Map<string, { readonly options: BatchAppendReq.Options; readonly events: Proposed[] }>();
    call.on('error', () => undefined);
    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId()!.getString();
      const part = parts.get(correlation) ?? { options: request.getOptions()!, events: [] };
      parts.set(correlation, part);
      part.events.push(...request.getProposedMessagesList().map(proposed));
      if (!request.getIsFinal()) return;
      const { options, events } = part;
      const stream = nameOf(options.getStreamIdentifier()!);
      this.calls.batch += 1;
      const trouble = this.trouble({ kind: 'batch', stream });
      const response = new streamsPb.BatchAppendResp();
      response.setCorrelationId(request.getCorrelationId());
      response.setStreamIdentifier(options.getStreamIdentifier());
      if (options.getDeadline()!.toDate() < this.now()) {
        response.setError(packed('Timeout', new sharedPb.Timeout()));
        call.write(response);
        return;
      }
      const done = this.commit(stream, events, 'any');
      if (trouble && 'break' in trouble) return void call.emit('error', errorOf({ refuse: trouble.break }));
      if (trouble || !('revision' in done)) return;
      const success = new streamsPb.BatchAppendResp.Success();
      success.setCurrentRevision(String(done.revision));
      const position = new sharedPb.AllStreamPosition();
      position.setCommitPosition(String(done.position));
      position.setPreparePosition(String(done.position));
      success.setPosition(position);
      response.setSuccess(success);
      call.write(response);
    });
    call.on('end', () => call.end());
  }

  private commit(stream: string, events: readonly Proposed[], expected: Expected): Done {
    const record = this.streams.get(stream) ?? [];
    const last = record.at(-1)?.revision ?? null;
    const size = events.reduce((sum, { data, meta, type }) => sum + data.length + meta.length + type.length, 0);
    if (size > this.maxAppendSize) return { tooLarge: true };
    const from = expected === 'none' ? 0 : typeof expected === 'number' ? expected + 1 : null;
    const was =
      from === null
        ? events.map(({ id }) => record.slice(-REMEMBERED).find((one) => one.id === id))
        : events.map((_, index) => record.find(({ revision }) => revision === from + index));
    const first = was[0];
    if (first && was.every((one, index) => one?.id === events[index]!.id && one.revision === first.revision + index))
      return { revision: was.at(-1)!.revision, position: was[this.answersLast ? was.length - 1 : 0]!.position };
    const fits =
      expected === 'any' || (expected === 'none' ? last === null : expected === 'exists' ? last !== null : expected === last);
    if (!fits) return { wrong: last };
    const added = events.map((event, index): Kept => {
      const position = this.place;
      // As in a file, an event takes as much room as it has bytes.
      this.place += 64 + event.data.length + event.meta.length;
      return { ...event, stream, revision: (last ?? -1) + 1 + index, position, created: this.now() };
    });
    this.log.push(...added);
    this.streams.set(stream, this.kept(stream, [...record, ...added]));
    if (stream.startsWith('$$')) this.setMaxCount(stream.slice(2), added.at(-1)!);
    this.grown.emit('grown');
    return { revision: added.at(-1)!.revision, position: added[this.answersLast ? added.length - 1 : 0]!.position };
  }

  private kept(stream: string, record: Kept[]): Kept[] {
    const most = this.maxCounts.get(stream);
    return most === undefined ? record : record.slice(-most);
  }

  private setMaxCount(stream: string, { data }: Kept): void {
    const { $maxCount } = JSON.parse(Buffer.from(data).toString()) as { $maxCount?: number };
    if ($maxCount !== undefined) this.maxCounts.set(stream, $maxCount);
  }

  private async read(call: ServerWritableStream<ReadReq, ReadResp>): Promise<void> {
    const options = call.request.getOptions()!;
    const isSubscription = options.hasSubscription();
    const kind = isSubscription ? 'subscribe' : 'read';
    const stream = options.hasStream() ? nameOf(options.getStream()!.getStreamIdentifier()!) : '$all';
    this.calls[kind] += 1;
    this.openReads += 1;
    let closed = false;
    call.on('close', () => (closed = true));
    call.on('cancelled', () => (closed = true));
    call.on('error', () => (closed = true));
    const isClosed = (): boolean => closed || call.cancelled;
    try {
      const trouble = this.refusal(call.metadata) ?? this.trouble({ kind, stream });
      if (trouble && 'refuse' in trouble) return void call.emit('error', errorOf(trouble));
      if (trouble && 'lose' in trouble) return await once(call, 'cancelled').then(() => undefined);
      if (trouble && 'waitMs' in trouble) await new Promise((resolve) => setTimeout(resolve, trouble.waitMs));
      if (isSubscription) await this.subscribe(call, options, isClosed);
      else {
        const events = options.hasStream()
          ? this.ofStream(options.getStream()!, options)
          : this.ofAll(options.getAll()!, options);
        if (events === null) call.write(notFound(stream));
        for (const event of events ?? []) if (!isClosed()) await send(call, eventMessage(event), isClosed);
        call.end();
      }
    } finally {
      this.openReads -= 1;
    }
  }

  private ofStream(from: ReadReq.Options.StreamOptions, options: ReadReq.Options): readonly Kept[] | null {
    const record = this.streams.get(nameOf(from.getStreamIdentifier()!));
    if (!record) return null;
    const backwards = isBackwards(options);
    const start = from.hasStart() ? 0 : from.hasEnd() ? Infinity : Number(from.getRevision());
    const found = backwards
      ? record.filter(({ revision }) => revision <= start).reverse()
      : record.filter(({ revision }) => revision >= start);
    return found.slice(0, Number(options.getCount()));
  }

  private ofAll(from: ReadReq.Options.AllOptions, options: ReadReq.Options): readonly Kept[] {
    const count = Number(options.getCount());
    const start = from.hasStart() ? 0 : from.hasEnd() ? Infinity : Number(from.getPosition()!.getCommitPosition());
    // A position stands before its event: forwards that one comes first, backwards the one before it.
    const index = this.indexAt(start);
    return isBackwards(options)
      ? this.log.slice(Math.max(0, index - count), index).reverse()
      : this.log.slice(index, index + count);
  }

  /** The index of the first event at or after a position. */
  private indexAt(position: number): number {
    let [low, high] = [0, this.log.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.log[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private async subscribe(
    call: ServerWritableStream<ReadReq, ReadResp>,
    options: ReadReq.Options,
    isClosed: () => boolean,
  ): Promise<void> {
    const wake = new EventEmitter();
    const subscription = { muted: false, ended: false, end: () => undefined as void };
    subscription.end = () => {
      subscription.ended = true;
      wake.emit('wake');
    };
    const grown = (): boolean => wake.emit('wake');
    this.grown.on('grown', grown);
    call.on('cancelled', grown);
    call.on('close', grown);
    this.subscriptions.add(subscription);
    const prefixes = options.getFilter()?.getStreamIdentifier()?.getPrefixList() ?? [''];
    const window = (options.getFilter()?.getMax() ?? 32) * (options.getFilter()?.getCheckpointintervalmultiplier() ?? 1);
    const from = options.getAll()!;
    const after = from.hasPosition() ? Number(from.getPosition()!.getCommitPosition()) : -1;
    let index = from.hasEnd() ? this.log.length : this.indexAt(after + 1);
    let passed = 0;
    try {
      await send(call, confirmation(), isClosed);
      let live = false;
      while (!isClosed() && !subscription.ended) {
        const event = this.log[index];
        if (!event || subscription.muted) {
          if (!live && !subscription.muted) await send(call, caughtUp(), isClosed);
          live = true;
          await once(wake, 'wake');
          continue;
        }
        index += 1;
        passed += 1;
        if (prefixes.some((prefix) => event.stream.startsWith(prefix))) await send(call, eventMessage(event), isClosed);
        if (passed % window === 0) await send(call, checkpoint(event.position), isClosed);
      }
      call.end();
    } finally {
      this.grown.off('grown', grown);
      this.subscriptions.delete(subscription);
    }
  }

  private refusal(metadata: Metadata): Trouble | null {
    if (!this.users) return null;
    const [basic = ''] = metadata.get('authorization').map(String);
    const [user = '', password] = Buffer.from(basic.replace('Basic ', ''), 'base64').toString().split(/:(.*)/s);
    return basic !== '' && this.users[user] === password ? null : { refuse: status.UNAUTHENTICATED };
  }

  private members(): gossipPb.ClusterInfo {
    const member = new gossipPb.MemberInfo();
    const endPoint = new gossipPb.EndPoint();
    endPoint.setAddress('127.0.0.1');
    endPoint.setPort(this.port);
    member.setState(gossipPb.MemberInfo.VNodeState.LEADER);
    member.setIsAlive(true);
    member.setHttpEndPoint(endPoint);
    const info = new gossipPb.ClusterInfo();
    info.addMembers(member);
    return info;
  }
}

/** Writes a message once the client has room for it: a subscriber that does not read stops the server. */
async function send(call: ServerWritableStream<ReadReq, ReadResp>, message: ReadResp, isClosed: () => boolean): Promise<void> {
  if (isClosed() || call.write(message) || call.writableLength < MESSAGES_AHEAD) return;
  await Promise.race([once(call, 'drain'), once(call, 'cancelled'), once(call, 'close')]).catch(() => undefined);
}

const isBackwards = (options: ReadReq.Options): boolean =>
  options.getReadDirection() === streamsPb.ReadReq.Options.ReadDirection.BACKWARDS;

const nameOf = (identifier: sharedPb.StreamIdentifier): string => Buffer.from(identifier.getStreamName_asU8()).toString('utf8');

function proposed(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): Proposed {
  return {
    id: message.getId()!.getString(),
    type: message.getMetadataMap().get('type')!,
    contentType: message.getMetadataMap().get('content-type')!,
    data: message.getData_asU8(),
    meta: message.getCustomMetadata_asU8(),
  };
}

function eventMessage(event: Kept): ReadResp {
  const recorded = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  const id = new sharedPb.UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position));
  recorded.setPreparePosition(String(event.position));
  recorded.getMetadataMap().set('type', event.type);
  recorded.getMetadataMap().set('content-type', event.contentType);
  recorded.getMetadataMap().set('created', String(BigInt(event.created.getTime()) * 10_000n));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.meta);
  const read = new streamsPb.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.position));
  const message = new streamsPb.ReadResp();
  message.setEvent(read);
  return message;
}

function identifier(stream: string): sharedPb.StreamIdentifier {
  const name = new sharedPb.StreamIdentifier();
  name.setStreamName(new Uint8Array(Buffer.from(stream)));
  return name;
}

function notFound(stream: string): ReadResp {
  const message = new streamsPb.ReadResp();
  const missing = new streamsPb.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier(stream));
  message.setStreamNotFound(missing);
  return message;
}

function confirmation(): ReadResp {
  const message = new streamsPb.ReadResp();
  const confirmed = new streamsPb.ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(randomUUID());
  message.setConfirmation(confirmed);
  return message;
}

function caughtUp(): ReadResp {
  const message = new streamsPb.ReadResp();
  message.setCaughtUp(new streamsPb.ReadResp.CaughtUp());
  return message;
}

function checkpoint(position: number): ReadResp {
  const message = new streamsPb.ReadResp();
  const reached = new streamsPb.ReadResp.Checkpoint();
  reached.setCommitPosition(String(position));
  reached.setPreparePosition(String(position));
  message.setCheckpoint(reached);
  return message;
}

function appendResponse(done: Exclude<Done, { tooLarge: true }>): AppendResp {
  const response = new streamsPb.AppendResp();
  if ('wrong' in done) {
    const wrong = new streamsPb.AppendResp.WrongExpectedVersion();
    if (done.wrong === null) wrong.setCurrentNoStream(new sharedPb.Empty());
    else wrong.setCurrentRevision(String(done.wrong));
    response.setWrongExpectedVersion(wrong);
    return response;
  }
  const success = new streamsPb.AppendResp.Success();
  success.setCurrentRevision(String(done.revision));
  const position = new streamsPb.AppendResp.Position();
  position.setCommitPosition(String(done.position));
  position.setPreparePosition(String(done.position));
  success.setPosition(position);
  response.setSuccess(success);
  return response;
}

function packed(name: string, details: { serializeBinary(): Uint8Array }): statusPb.Status {
  const any = new anyPb.Any();
  any.pack(details.serializeBinary(), `event_store.client.${name}`);
  const error = new statusPb.Status();
  error.setMessage(name);
  error.setDetails(any);
  return error;
}

const tooLarge = (most: number): Trouble & { refuse: number } => ({
  refuse: status.INVALID_ARGUMENT,
  metadata: { exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(most) },
});

function errorOf(trouble: Extract<Trouble, { refuse: number }>): Error & { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trouble.metadata ?? {})) metadata.set(key, value);
  const details = trouble.says ?? 'as the test wanted it';
  return Object.assign(new Error(details), { code: trouble.refuse, details, metadata });
}

function features(): featuresPb.SupportedMethods {
  const methods = new featuresPb.SupportedMethods();
  methods.setEventStoreServerVersion('24.10.0-stand-in');
  for (const name of ['append', 'batchappend', 'read']) {
    const method = new featuresPb.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName(name);
    methods.addMethods(method);
  }
  return methods;
}
