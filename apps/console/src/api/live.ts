import { useEffect, useSyncExternalStore } from 'react';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { ask, Problem } from './client.js';
import { refreshDeal } from './queries.js';
import { currentSession, useSession } from './session.js';
import type { StoredEvent } from './types.js';

/** Whether the console hears the service: `away` since it fell silent, until it is heard again. */
export type Hearing = 'starting' | 'live' | 'away';

const GLOW_MS = 2_500;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];
/** The service says "still here" every 15 seconds. */
const SILENCE_MS = 40_000;
/** So many deals changed at once are read again all together, not one by one. */
const MANY = 20;

let hearing: Hearing = 'starting';
const glowing = new Map<string, number>();
const listeners = new Set<() => void>();
const tellAll = (): void => listeners.forEach((tell) => tell());
const subscribe = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

export const useHearing = (): Hearing => useSyncExternalStore(subscribe, () => hearing);

/** Whether this deal changed a moment ago. */
export const useGlow = (id: string): boolean => useSyncExternalStore(subscribe, () => glowing.has(id));

export function glow(id: string): void {
  glowing.set(id, Date.now());
  tellAll();
  setTimeout(() => {
    if (Date.now() - (glowing.get(id) ?? 0) < GLOW_MS) return;
    glowing.delete(id);
    tellAll();
  }, GLOW_MS + 10);
}

function hears(now: Hearing): void {
  if (hearing === now) return;
  hearing = now;
  tellAll();
}

/** Follows the log while somebody is signed in: what changed is read again and glows. Comes back by itself after the last event it saw. */
export function useLive(): void {
  const client = useQueryClient();
  const token = useSession()?.token;
  useEffect(() => {
    if (token === undefined) return;
    const ending = new AbortController();
    void follow(client, ending.signal);
    return () => ending.abort();
  }, [client, token]);
}

async function follow(client: QueryClient, ended: AbortSignal): Promise<void> {
  let after: string | null = null;
  let failures = 0;
  const changed = new Set<string>();
  let soon: ReturnType<typeof setTimeout> | undefined;
  const heard = (event: StoredEvent): void => {
    after = event.position;
    changed.add(event.stream);
    soon ??= setTimeout(() => {
      soon = undefined;
      const streams = [...changed];
      changed.clear();
      void take(client, streams);
    }, 150);
  };
  while (!ended.aborted) {
    try {
      // Else a first connection would be told the whole past.
      after ??= (await ask<{ end: { position: string | null } }>('/v1/projections', { signal: ended })).end.position;
      await listen(after, ended, heard, () => {
        if (hearing === 'away') void client.invalidateQueries();
        failures = 0;
        hears('live');
      });
    } catch (error) {
      if (ended.aborted || currentSession() === null) return;
      if (error instanceof Problem && error.status === 401) return;
    }
    if (ended.aborted) return;
    if (failures > 0) hears('away');
    await new Promise((resolve) => setTimeout(resolve, failures === 0 ? 200 : RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]));
    failures++;
  }
}

/** One connection, until it ends. EventSource cannot carry a token, so the stream is read by hand. */
async function listen(
  after: string | null,
  ended: AbortSignal,
  heard: (event: StoredEvent) => void,
  opened: () => void,
): Promise<void> {
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  const answer = await fetch('/v1/stream', {
    headers: {
      authorization: `Bearer ${currentSession()?.token ?? ''}`,
      accept: 'text/event-stream',
      ...(after === null ? {} : { 'last-event-id': after }),
    },
    signal: AbortSignal.any([ended, silence.signal]),
  });
  if (!answer.ok || !answer.body) throw new Problem(answer.status, 'stream', answer.statusText);
  opened();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) heard(JSON.parse(data) as StoredEvent);
      }
    }
  } finally {
    clearTimeout(alarm);
  }
}

const DEAL = 'opportunity-';

async function take(client: QueryClient, streams: readonly string[]): Promise<void> {
  const deals = streams.filter((one) => one.startsWith(DEAL)).map((one) => one.slice(DEAL.length));
  if (streams.length > deals.length)
    void client.invalidateQueries({
      predicate: ({ queryKey: [path] }) =>
        typeof path === 'string' && path.startsWith('/v1/processes') && !path.includes('/versions/'),
    });
  void client.invalidateQueries({
    predicate: ({ queryKey: [path] }) =>
      typeof path === 'string' && /^\/v1\/(measures|targets|calls|forecasts|events|board)/.test(path),
  });
  for (const id of deals) glow(id);
  if (deals.length > MANY) {
    await client.invalidateQueries({ queryKey: ['/v1/opportunities'] });
    return;
  }
  await Promise.all(deals.map((id) => refreshDeal(client, id).catch(() => undefined)));
}
