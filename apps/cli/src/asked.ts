import { access } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { isLogAlone, type StoredEvent } from '@coxswain/event-store';
import { issueLocalToken } from '@coxswain/sales-desk';
import { nearest, type Actor } from '@coxswain/sales-process';
import { DeskSource, withLog, type Access } from './desk-source.js';
import { HttpSource } from './http-source.js';
import type { Source } from './source.js';
import { CannotDo, wrongUse, type Terminal } from './terminal.js';

/** What the options of a command mean. */

export interface SourceOptions {
  readonly store?: string;
  readonly url?: string;
  readonly token?: string;
  readonly as?: string;
  readonly roles?: string;
}

export const DEFAULT_STORE = 'sqlite:./data/coxswain.db';

export const storeOf = ({ store }: Pick<SourceOptions, 'store'>, { env }: Pick<Terminal, 'env'>): string =>
  store ?? (env['COXSWAIN_STORE'] || DEFAULT_STORE);

/** A store by its name, and where its read models are kept when not beside the log. */
export interface NamedStore {
  readonly store: string;
  readonly readModels: string | null;
}

/**
 * The store, with the read models of COXSWAIN_READ_MODELS. They belong to the store of the environment: another one that keeps its own is
 * not to be read with them, since their positions are of another log.
 */
export function storesOf(options: Pick<SourceOptions, 'store'>, terminal: Pick<Terminal, 'env'>): NamedStore {
  const store = storeOf(options, terminal);
  const named = terminal.env['COXSWAIN_READ_MODELS'] || null;
  const isOther = options.store !== undefined && options.store !== terminal.env['COXSWAIN_STORE'];
  return { store, readModels: (isOther && !isLogAlone(store)) || named === store ? null : named };
}

/** Where a service in local mode keeps its keys. */
export const dataDirOf = ({ env }: Pick<Terminal, 'env'>): string => resolve(env['COXSWAIN_DATA_DIR'] || './data');

export const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** A name as tokens and records keep it: 1 to 200 characters. */
export function nameOf(text: string): string {
  if (text.length >= 1 && text.length <= 200) return text;
  throw wrongUse('A name has 1 to 200 characters.', 'It looks like "rita".');
}

/** Who asks: the options, or the user of this machine in the role of operations. */
function actorOf({ as, roles }: SourceOptions, env: Terminal['env']): Actor {
  return {
    id: nameOf(as ?? (env['USER'] || userInfo().username)),
    roles: roles === undefined ? ['operations'] : listOf(roles),
    team: null,
  };
}

/** Asks a service when there is a --url, else the store. `use` is done with it when it settles. */
export async function withSource<T>(
  options: SourceOptions,
  terminal: Terminal,
  use: (source: Source) => Promise<T>,
  { access = 'read' }: { readonly access?: Access } = {},
): Promise<T> {
  const source = await sourceOf(options, terminal, access);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** The log of a service or of a store, in order. */
export async function withEvents<T>(
  options: SourceOptions,
  terminal: Terminal,
  use: (events: AsyncIterable<StoredEvent>) => Promise<T>,
): Promise<T> {
  if (isAtService(options)) return use((await serviceOf(options, terminal)).events());
  return withLog({ store: storeOf(options, terminal), now: terminal.now }, use);
}

async function sourceOf(options: SourceOptions, terminal: Terminal, access: Access): Promise<Source> {
  if (isAtService(options)) return serviceOf(options, terminal);
  return DeskSource.open({ ...storesOf(options, terminal), actor: actorOf(options, terminal.env), access, now: terminal.now });
}

function isAtService(options: SourceOptions): options is SourceOptions & { readonly url: string } {
  if (options.url === undefined && options.token !== undefined)
    throw wrongUse('--token belongs to a service.', 'Name the service with --url, such as --url http://127.0.0.1:3000.');
  return options.url !== undefined;
}

async function serviceOf(options: SourceOptions & { readonly url: string }, terminal: Terminal): Promise<HttpSource> {
  if (options.store !== undefined)
    throw wrongUse('--store and --url exclude each other.', 'Name the store or the service, not both.');
  const url = serviceUrl(options.url);
  return new HttpSource(url, await tokenFor(url, options, terminal));
}

function serviceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '') return url;
  throw wrongUse(
    '--url is not the address of a service.',
    'It looks like http://127.0.0.1:3000, with no name or password in it.',
  );
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];

/** The token given; for a service on loopback whose keys are here, one of our own; else none. */
async function tokenFor(url: URL, options: SourceOptions, terminal: Terminal): Promise<string | null> {
  const given = options.token ?? terminal.env['COXSWAIN_TOKEN'];
  if (given && (options.as !== undefined || options.roles !== undefined))
    throw wrongUse(
      '--as and --roles do not go with a token: it says itself who asks.',
      'Leave them out, or leave out --token and COXSWAIN_TOKEN.',
    );
  if (given) return given;
  if (!LOOPBACK.includes(url.hostname)) return null;
  const dir = dataDirOf(terminal);
  const kept = await access(join(dir, 'local-keys.json')).then(
    () => true,
    () => false,
  );
  if (!kept) return null;
  const { id, roles } = actorOf(options, terminal.env);
  return issueLocalToken({ name: id, roles, dir, now: terminal.now() });
}

/** The process asked for, or the only one that is published. */
export async function processOf(source: Source, given: string | undefined): Promise<string> {
  const ids = (await source.processes()).map(({ id }) => id);
  if (ids.length === 0) throw new CannotDo('No process is published yet.', 'Publish one with "coxswain process publish FILE".');
  if (given === undefined) {
    if (ids.length === 1) return ids[0]!;
    throw wrongUse('Say which process with --process.', `Published are ${ids.join(', ')}.`);
  }
  if (ids.includes(given)) return given;
  const meant = nearest(given, ids);
  throw new CannotDo(
    `No process "${given}" is published${meant ? `: did you mean "${meant}"?` : '.'}`,
    `Published are ${ids.join(', ')}.`,
  );
}

/** An instant with its zone, in UTC. */
export function instantOf(option: string, text: string): string {
  const date = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? new Date(text) : null;
  if (date && !Number.isNaN(date.getTime()) && isDay(text.slice(0, 10))) return date.toISOString();
  throw wrongUse(
    `${option} "${text}" is not an instant with its zone.`,
    'It looks like 2026-03-31T18:00:00Z or 2026-03-31T20:00:00+02:00.',
  );
}

/** A day, which begins in the time zone of the process, or an instant. */
export function dayOrInstantOf(option: string, text: string): string {
  if (text.includes('T')) return instantOf(option, text);
  if (isDay(text)) return text;
  throw wrongUse(`${option} "${text}" is not a day.`, 'It looks like 2026-03-31; an instant looks like 2026-03-31T18:00:00Z.');
}

function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return day !== null && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
