import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isLogAlone } from '@coxswain/event-store';
import { nearest } from '@coxswain/sales-process';

/** The process files and maps that come with the project, for whoever starts it elsewhere. */
const SHIPPED = join(import.meta.dirname, '../../../processes');

/** What the service is told at start, read once from the environment and checked whole. */
export interface Configuration {
  /** `sqlite:PATH`, `postgres://...`, `esdb://...` or `memory:`. */
  readonly store: string;
  /** Where read models are kept when not beside the log; always said where the store holds the log alone. */
  readonly readModels: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  readonly demo: boolean;
  /** Local keys and uploads on their way stand here. */
  readonly dataDir: string;
  /** Process files that the demo publishes. */
  readonly processesDir: string;
  /** Import maps, `<name>.map.yaml`. */
  readonly mapsDir: string;
  readonly logLevel: LogLevel;
  /** How often forecasts are issued as events. */
  readonly forecasts: 'weekly' | 'daily' | 'off';
  readonly access: Access;
  /** Whether whoever reaches the service in local mode may choose who to be; see local.controller.ts. */
  readonly localTokens: boolean;
  /** How long running requests may take when the service is told to stop, in seconds. */
  readonly stopWithinSeconds: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];

/** Who vouches for a token: the service itself on loopback, or an issuer whose keys are known. */
export type Access =
  | { readonly mode: 'local' }
  | {
      readonly mode: 'issuer';
      readonly issuer: string;
      readonly audience: string;
      readonly keys: { readonly url: URL } | { readonly key: KeyObject };
    };

/** One thing that is wrong with the environment. */
export interface ConfigurationProblem {
  readonly name: string;
  readonly say: string;
  readonly help: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const NAMES = [
  'COXSWAIN_STORE',
  'COXSWAIN_READ_MODELS',
  'COXSWAIN_DEMO',
  'COXSWAIN_DATA_DIR',
  'COXSWAIN_PROCESSES',
  'COXSWAIN_MAPS',
  'COXSWAIN_LOG_LEVEL',
  'COXSWAIN_FORECASTS',
  'COXSWAIN_LOCAL_TOKENS',
  'COXSWAIN_STOP_WITHIN_SECONDS',
  'COXSWAIN_TOKEN_ISSUER',
  'COXSWAIN_TOKEN_AUDIENCE',
  'COXSWAIN_TOKEN_KEYS_URL',
  'COXSWAIN_TOKEN_PUBLIC_KEY',
  'COXSWAIN_TOKEN_PUBLIC_KEY_FILE',
] as const;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

export const isLoopback = (host: string): boolean => LOOPBACK.includes(host);

/** The configuration that the environment names, or every problem of it at once. `warnings` name variables that look like a slip. */
export function readConfiguration(
  environment: Environment,
):
  | { readonly configuration: Configuration; readonly warnings: readonly ConfigurationProblem[] }
  | { readonly problems: readonly ConfigurationProblem[] } {
  const problems: ConfigurationProblem[] = [];
  const problem = (name: string, say: string, help: string): void => void problems.push({ name, say, help });
  const given = (name: string): string | undefined => {
    const value = environment[name]?.trim();
    return value === '' ? undefined : value;
  };
  const wholeNumber = (name: string, unit: string, fallback: number, least: number, most: number): number => {
    const value = given(name);
    if (value === undefined) return fallback;
    if (/^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    problem(name, `"${value}" is not ${unit} from ${least} to ${most}.`, `For example ${name}=${fallback}.`);
    return fallback;
  };

  const host = given('HOST') ?? '127.0.0.1';
  const processes = existsSync('./processes') ? './processes' : SHIPPED;
  const configuration: Configuration = {
    store: storeIn('COXSWAIN_STORE', given('COXSWAIN_STORE') ?? 'sqlite:./data/coxswain.db', problem),
    readModels:
      given('COXSWAIN_READ_MODELS') === undefined
        ? null
        : storeIn('COXSWAIN_READ_MODELS', given('COXSWAIN_READ_MODELS')!, problem),
    port: wholeNumber('PORT', 'a port, a whole number', 3000, 0, 65_535),
    host,
    demo: yesNo('COXSWAIN_DEMO', given('COXSWAIN_DEMO'), problem),
    dataDir: resolve(given('COXSWAIN_DATA_DIR') ?? './data'),
    processesDir: resolve(given('COXSWAIN_PROCESSES') ?? processes),
    mapsDir: resolve(given('COXSWAIN_MAPS') ?? given('COXSWAIN_PROCESSES') ?? processes),
    logLevel: logLevelIn(given('COXSWAIN_LOG_LEVEL') ?? 'info', problem),
    forecasts: forecastsIn(given('COXSWAIN_FORECASTS') ?? 'weekly', problem),
    access: accessIn(given, host, problem),
    localTokens: yesNo('COXSWAIN_LOCAL_TOKENS', given('COXSWAIN_LOCAL_TOKENS') ?? 'true', problem),
    stopWithinSeconds: wholeNumber('COXSWAIN_STOP_WITHIN_SECONDS', 'a number of seconds', 10, 1, 600),
  };
  if (isLogAlone(configuration.store) || isLogAlone(configuration.readModels ?? '')) checkLogAlone(configuration, problem);
  return problems.length > 0 ? { problems } : { configuration, warnings: likelySlips(environment) };
}

function forecastsIn(value: string, problem: (name: string, say: string, help: string) => void): Configuration['forecasts'] {
  if (value === 'weekly' || value === 'daily' || value === 'off') return value;
  problem('COXSWAIN_FORECASTS', `"${value}" is neither weekly, daily nor off.`, 'For example COXSWAIN_FORECASTS=weekly.');
  return 'weekly';
}

type Report = (name: string, say: string, help: string) => void;

function storeIn(name: string, value: string, problem: Report): string {
  if (/^(?:sqlite:|(?:postgres(?:ql)?|(?:esdb|kurrentdb|kdb)(?:\+discover)?):\/\/)./.test(value) || value === 'memory:')
    return value;
  const scheme = /^[a-z]+:/.exec(value)?.[0];
  // The value itself may hold a password, so it is never repeated.
  problem(
    name,
    scheme === undefined ? 'It does not name a store.' : `This version has no store of the kind "${scheme}".`,
    `Use a file, like ${name}=sqlite:./data/coxswain.db, a server, like ${name}=postgres://user:password@host/database or ${name}=esdb://user:password@host:2113, or ${name}=memory: to forget everything at the end.`,
  );
  return value;
}

/** EventStoreDB and KurrentDB hold the log alone: what is folded from it is kept, and who leads is settled, in another store. */
function checkLogAlone({ store, readModels, demo }: Configuration, problem: Report): void {
  const help =
    'For example COXSWAIN_READ_MODELS=sqlite:./data/read-models.db for one process, or postgres://user:password@host/database for several.';
  if (readModels === null) problem('COXSWAIN_READ_MODELS', 'It is missing: the store holds the log alone.', help);
  else if (!/^(?:sqlite|postgres(?:ql)?):/.test(readModels))
    problem('COXSWAIN_READ_MODELS', 'Read models are kept in SQLite or PostgreSQL.', help);
  if (demo && isLogAlone(store))
    problem(
      'COXSWAIN_DEMO',
      'The demo company cannot be loaded into this store, which writes events at its own time only.',
      'Set COXSWAIN_DEMO=false, or use a SQLite store for the demo.',
    );
}

function yesNo(name: string, value: string | undefined, problem: Report): boolean {
  if (value === undefined || value === 'false' || value === '0') return false;
  if (value !== 'true' && value !== '1') problem(name, `"${value}" is neither true nor false.`, `For example ${name}=true.`);
  return true;
}

function logLevelIn(value: string, problem: Report): LogLevel {
  if (!LOG_LEVELS.includes(value)) {
    const meant = nearest(value, LOG_LEVELS);
    problem(
      'COXSWAIN_LOG_LEVEL',
      `"${value}" is not a level${meant ? `: did you mean ${meant}?` : '.'}`,
      `Levels are ${LOG_LEVELS.join(', ')}.`,
    );
  }
  return value as LogLevel;
}

function accessIn(given: (name: string) => string | undefined, host: string, problem: Report): Access {
  const issuer = given('COXSWAIN_TOKEN_ISSUER');
  const audience = given('COXSWAIN_TOKEN_AUDIENCE');
  const url = given('COXSWAIN_TOKEN_KEYS_URL');
  const pem = given('COXSWAIN_TOKEN_PUBLIC_KEY');
  const pemFile = given('COXSWAIN_TOKEN_PUBLIC_KEY_FILE');

  if ([issuer, audience, url, pem, pemFile].every((value) => value === undefined)) {
    if (!isLoopback(host))
      problem(
        'HOST',
        `Without token keys the service issues its own tokens, so it may listen on loopback only, not on "${host}".`,
        'Leave HOST at 127.0.0.1, or set COXSWAIN_TOKEN_ISSUER, COXSWAIN_TOKEN_AUDIENCE and COXSWAIN_TOKEN_KEYS_URL.',
      );
    return { mode: 'local' };
  }

  if (issuer === undefined)
    problem(
      'COXSWAIN_TOKEN_ISSUER',
      'It is missing.',
      'Name the issuer as it stands in the tokens ("iss"), for example https://login.example.com/.',
    );
  if (audience === undefined)
    problem(
      'COXSWAIN_TOKEN_AUDIENCE',
      'It is missing.',
      'Name the audience as it stands in the tokens ("aud"), for example coxswain.',
    );
  const sources = [url, pem, pemFile].filter((value) => value !== undefined).length;
  if (sources !== 1)
    problem(
      'COXSWAIN_TOKEN_KEYS_URL',
      sources === 0 ? 'No keys are named to check tokens with.' : 'More than one source of keys is named.',
      'Set exactly one of COXSWAIN_TOKEN_KEYS_URL, COXSWAIN_TOKEN_PUBLIC_KEY and COXSWAIN_TOKEN_PUBLIC_KEY_FILE.',
    );

  const known = { mode: 'issuer' as const, issuer: issuer ?? '', audience: audience ?? '' };
  const keysUrl = url === undefined ? null : keysUrlIn(url, problem);
  const key =
    pem !== undefined
      ? keyIn('COXSWAIN_TOKEN_PUBLIC_KEY', () => pem, problem)
      : pemFile !== undefined
        ? keyIn('COXSWAIN_TOKEN_PUBLIC_KEY_FILE', () => readFileSync(pemFile, 'utf8'), problem)
        : null;
  return keysUrl ? { ...known, keys: { url: keysUrl } } : key ? { ...known, keys: { key } } : { mode: 'local' };
}

function keysUrlIn(value: string, problem: Report): URL | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) return url;
  problem(
    'COXSWAIN_TOKEN_KEYS_URL',
    'It is not an https address.',
    'For example https://login.example.com/.well-known/jwks.json (http is accepted on loopback only).',
  );
  return null;
}

function keyIn(name: string, read: () => string, problem: Report): KeyObject | null {
  const help =
    'Give an RSA (2048 bits or more), EC or Ed25519 public key in PEM form, beginning with -----BEGIN PUBLIC KEY-----.';
  try {
    const pem = read();
    if (/PRIVATE KEY/.test(pem)) {
      problem(name, 'It is a private key, which the service has no use for.', help);
      return null;
    }
    return createPublicKey(pem.replaceAll('\\n', '\n'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problem(
      name,
      code === 'ENOENT' || code === 'EACCES' ? `The file cannot be read (${code}).` : 'It cannot be read as a public key.',
      help,
    );
    return null;
  }
}

function likelySlips(environment: Environment): ConfigurationProblem[] {
  const known: readonly string[] = NAMES;
  return Object.keys(environment).flatMap((name) => {
    const meant = name.startsWith('COX') && !known.includes(name) ? nearest(name, known) : undefined;
    return meant ? [{ name, say: 'There is no such setting.', help: `Did you mean ${meant}?` }] : [];
  });
}

/** Every problem, a line each, for the terminal. */
export function describeProblems(problems: readonly ConfigurationProblem[]): string {
  return problems.map(({ name, say, help }) => `  ${name}: ${say} ${help}`).join('\n');
}
