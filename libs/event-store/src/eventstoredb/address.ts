import { readFileSync } from 'node:fs';
import { StoreUnavailable } from '../store.js';

/** Where an EventStoreDB or KurrentDB is, taken apart here: the client's own reader prints the whole address, password and all, when it warns. */
export interface Address {
  readonly hosts: readonly { readonly address: string; readonly port: number }[];
  /** True where the first host is a name to look members of the cluster up under. */
  readonly discover: boolean;
  readonly tls: boolean;
  /** Certificate of the authority, and of this user, in PEM. */
  readonly authority: Buffer | null;
  readonly certificate: { readonly cert: Buffer; readonly key: Buffer } | null;
  readonly user: Credentials | null;
  readonly connectionName: string | null;
  readonly numbers: Partial<Readonly<Record<NumberOption, number>>>;
  /** What the names of our streams begin with on the server: `coxswain-`. */
  readonly prefix: string;
  /** The stream that readiness checks write to; it does not begin with the prefix. */
  readonly probe: string;
  /** For people: without the password. */
  readonly name: string;
}

const NUMBER_OPTIONS = [
  'keepAliveInterval',
  'keepAliveTimeout',
  'discoveryInterval',
  'maxDiscoverAttempts',
  'gossipTimeout',
] as const;
type NumberOption = (typeof NUMBER_OPTIONS)[number];
const OPTIONS = [
  ...NUMBER_OPTIONS,
  'tls',
  'tlsCAFile',
  'userCertFile',
  'userKeyFile',
  'connectionName',
  'nodePreference',
  'prefix',
];
/** What the client would take from the address, and what is settled here. */
const SETTLED = ['defaultDeadline', 'throwOnAppendFailure'];

const FORM =
  'It looks like esdb://user:password@host:2113?tls=true (or esdb+discover://, kurrentdb://), with ?prefix=NAME where the streams do not begin with "coxswain-". Signs such as @ : / ? in a password are written as %40 %3A %2F %3F.';

/** A user whose password no inspection prints: the client writes its options out when it is told to debug. */
export class Credentials {
  readonly #password: string;
  constructor(
    readonly username: string,
    password: string,
  ) {
    this.#password = password;
  }
  get password(): string {
    return this.#password;
  }
}

/** Reads `esdb://...`, `esdb+discover://...` and the same with `kurrentdb`. Throws `StoreUnavailable`, and never repeats a password. */
export function addressOf(uri: string): Address {
  const [, discover, userinfo, hostList = '', query = ''] =
    /^(?:esdb|kurrentdb|kdb)(\+discover)?:\/\/(?:([^/?]*)@)?([^/?@]+)\/?(?:\?(.*))?$/is.exec(uri.trim()) ?? [];
  const hosts = hostList.split(',').map(hostIn);
  const options = optionsIn(query);
  const prefix = options.get('prefix') ?? 'coxswain';
  // Without a hyphen of its own no prefix can be the beginning of another one.
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(prefix)) throw unreadable('its prefix is no plain name');
  if (!['leader', undefined].includes(options.get('nodePreference')?.toLowerCase()))
    throw unreadable('it prefers another node than the leader, which alone knows everything that was written');
  const shown = hosts.map(({ address, port }) => `${address}:${port}`).join(',');
  return {
    hosts,
    discover: discover !== undefined,
    tls: trueOrFalse('tls', options.get('tls') ?? 'true'),
    authority: fileIn('tlsCAFile', options),
    certificate: certificateIn(options),
    user: userIn(userinfo),
    connectionName: options.get('connectionName') ?? null,
    numbers: Object.fromEntries(NUMBER_OPTIONS.flatMap((name) => numberIn(name, options))),
    prefix: `${prefix}-`,
    probe: `${prefix}.probe`,
    name: `esdb${discover ?? ''}://${shown}${prefix === 'coxswain' ? '' : `?prefix=${prefix}`}`,
  };
}

const unreadable = (why: string): StoreUnavailable =>
  new StoreUnavailable(`the address of the EventStoreDB store cannot be used: ${why}`, FORM);

function hostIn(text: string): Address['hosts'][number] {
  const [, address, port = '2113'] = /^(\[[0-9a-f:]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (address === undefined || Number(port) > 65_535) throw unreadable('it names no host');
  return { address, port: Number(port) };
}

function userIn(userinfo: string | undefined): Credentials | null {
  if (userinfo === undefined || userinfo === '') return null;
  const colon = userinfo.indexOf(':');
  if (colon < 1) throw unreadable('it has a user without a password');
  return new Credentials(decoded(userinfo.slice(0, colon)), decoded(userinfo.slice(colon + 1)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('a percent sign stands alone in it');
  }
}

function optionsIn(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split('&').filter(Boolean)) {
    const [key = '', ...value] = pair.split('=');
    const flat = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');
    const known = OPTIONS.find((name) => flat(name) === flat(key));
    if (SETTLED.some((name) => flat(name) === flat(key))) continue;
    // A part of a password may have ended up here, so it is not repeated.
    if (known === undefined) throw unreadable(`of its options only these are known: ${OPTIONS.join(', ')}`);
    options.set(known, decoded(value.join('=')));
  }
  return options;
}

function trueOrFalse(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw unreadable(`its option ${name} is neither true nor false`);
  return value === 'true';
}

function numberIn(name: NumberOption, options: ReadonlyMap<string, string>): [NumberOption, number][] {
  const value = options.get(name);
  if (value === undefined) return [];
  if (!/^-?\d{1,9}$/.test(value)) throw unreadable(`its option ${name} is no whole number`);
  return [[name, Number(value)]];
}

function certificateIn(options: ReadonlyMap<string, string>): Address['certificate'] {
  const cert = fileIn('userCertFile', options);
  const key = fileIn('userKeyFile', options);
  if (cert && key) return { cert, key };
  if (cert || key) throw unreadable('userCertFile and userKeyFile go together');
  return null;
}

function fileIn(name: string, options: ReadonlyMap<string, string>): Buffer | null {
  const path = options.get(name);
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch {
    throw unreadable(`the file of its option ${name} cannot be read`);
  }
}
