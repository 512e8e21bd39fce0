/**
 * The service asked for figures as the console asks: first for them as they were lately (`Cache-Control: max-stale`), then for the present ones, while a command comes in every
 * 20 ms.
 */
import { setTimeout as after } from 'node:timers/promises';
import { issueLocalToken } from '@coxswain/sales-desk';
import { quantile } from './rates.mjs';
import { started } from './service.mjs';

const MEASURES = ['pipeline', 'conversion', 'cycle-time'];
const TIMES = 40;
const LATELY_S = 900;
const COMMAND_EVERY_MS = 20;
/** The usual answers are made ahead one after the other, the dear ones too: a look begins when they are there. */
const ONE_ROUND_FIRST = 1;

/** Milliseconds by what was asked: p50 and p99 of the figures as they were lately, and p50 of the present ones. */
export async function askedAsTheConsoleDoes(folder, store, { withinMs, now }) {
  const service = await started(folder, store, withinMs);
  const stopped = new AbortController();
  try {
    const token = await issueLocalToken({ name: 'bench', roles: ['operations'], team: null, dir: service.keys, now });
    const ask = async (path, { headers = {}, ...options } = {}) => {
      const began = performance.now();
      const answer = await fetch(service.at(path), { ...options, headers: { authorization: `Bearer ${token}`, ...headers } });
      const body = await answer.text();
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${body.slice(0, 200)}`);
      return { ms: performance.now() - began, body, aged: answer.headers.has('age') };
    };
    const board = JSON.parse((await ask('/v1/opportunities?process=new-business&limit=500')).body);
    const deals = board.items.map(({ id }) => id);
    let next = 0;
    const command = () =>
      ask(`/v1/opportunities/${deals[next++ % deals.length]}/activities`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"kind":"call"}',
      });
    const commanding = (async () => {
      while (!stopped.signal.aborted) await Promise.all([command(), after(COMMAND_EVERY_MS)]);
    })();
    // What went wrong with it is told when it is waited for; until then the service must not be left running.
    commanding.catch(() => stopped.abort());
    const figures = {};
    for (const name of MEASURES) {
      const path = `/v1/measures/${name}?process=new-business`;
      const [lately, present] = [[], []];
      for (let time = -ONE_ROUND_FIRST; time < TIMES; time += 1) {
        const { ms } = await ask(path, { headers: { 'cache-control': `max-stale=${LATELY_S}` } });
        const now = await ask(path);
        if (time < 0) continue;
        lately.push(ms);
        present.push(now.ms);
      }
      figures[`service: ${name} as it was lately, p50 ms`] = quantile(lately, 0.5);
      figures[`service: ${name} as it was lately, p99 ms`] = quantile(lately, 0.99);
      figures[`service: ${name} as of now, p50 ms`] = quantile(present, 0.5);
    }
    stopped.abort();
    await commanding;
    return figures;
  } finally {
    stopped.abort();
    await service.stop();
  }
}
