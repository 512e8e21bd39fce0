import type { Blocker } from './types.js';
import { currentSession, speakAs } from './session.js';

/** An answer of the service that is no success (RFC 9457), or its silence (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }

  get blockers(): readonly Blocker[] {
    return (this.more['blockers'] as readonly Blocker[] | undefined) ?? [];
  }

  /** What is wrong with which part: of a request its fields, of a file its lines. */
  get fields(): readonly { readonly field: string; readonly say: string }[] {
    const { problems } = this.more;
    if (!Array.isArray(problems)) return [];
    const all = problems as readonly { field?: string; say?: string; line?: number; message?: string }[];
    return all.map(({ field, say, line, message }) => ({
      field: field ?? (line === undefined ? '' : `Line ${line}`),
      say: say ?? message ?? '',
    }));
  }
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Query;
  readonly json?: unknown;
  /** A body that is no JSON, with its media type. */
  readonly body?: { readonly type: string; readonly content: BodyInit };
  /** The revision the deal had when it was looked at. */
  readonly ifMatch?: number;
  /** Makes the request safe to repeat. */
  readonly key?: string;
  readonly signal?: AbortSignal;
  /** Takes a figure of some minutes ago as well, where the service has it at hand; called when the answer is one. */
  readonly onAged?: () => void;
  /** Answers text where no JSON is meant. */
  readonly as?: 'json' | 'text';
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function addressOf(path: string, query: Query = {}): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** A quarter of an hour: so old a figure may be while the present one is computed. */
const LATELY_S = 900;

/** Asks the service. Rejects with a `Problem`, whatever went wrong. */
export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  const session = currentSession();
  const headers = new Headers();
  if (session) headers.set('authorization', `Bearer ${session.token}`);
  if (asked.json !== undefined) headers.set('content-type', 'application/json');
  if (asked.body) headers.set('content-type', asked.body.type);
  if (asked.ifMatch !== undefined) headers.set('if-match', `"${asked.ifMatch}"`);
  if (asked.key !== undefined) headers.set('idempotency-key', asked.key);
  if (asked.onAged) headers.set('cache-control', `max-stale=${LATELY_S}`);
  let answer: Response;
  try {
    answer = await fetch(addressOf(path, asked.query), {
      method: asked.method ?? 'GET',
      headers,
      body: asked.body?.content ?? (asked.json === undefined ? null : JSON.stringify(asked.json)),
      signal: asked.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, 'service-away', 'The service does not answer.');
  }
  if (!answer.ok) throw await problemOf(answer, session !== null);
  if (answer.headers.has('age')) asked.onAged?.();
  return (asked.as === 'text' ? await answer.text() : await answer.json()) as T;
}

async function problemOf(answer: Response, signedIn: boolean): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  const problem = new Problem(answer.status, said.code ?? 'unknown', said.detail ?? answer.statusText, said);
  // A token that has run out is of no use any more: the sign-in says so, and comes back to this very address.
  if (answer.status === 401 && signedIn && problem.code === 'token-refused') speakAs(null);
  return problem;
}

/** A key for one request of somebody, the same for each of its repetitions. */
export const newKey = (): string => crypto.randomUUID();
