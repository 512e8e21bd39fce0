import { ask, newKey } from './client.js';
import { DEALS } from './queries.js';
import type { Done, FactInputs, PossibleMove } from './types.js';

/** What sellers change of a deal. Each names the revision they looked at, so that who was slower is told instead of winning; each may be sent again. */

export interface MoveAsked {
  readonly facts?: FactInputs;
  readonly override?: readonly string[];
  readonly reason?: string;
}

const at = (id: string): string => `${DEALS}/${encodeURIComponent(id)}`;

export const makeMove = (id: string, revision: number, move: string, asked: MoveAsked, key = newKey()): Promise<Done> =>
  ask(`${at(id)}/moves/${encodeURIComponent(move)}`, { method: 'POST', json: asked, ifMatch: revision, key });

export const recordFacts = (id: string, revision: number, facts: FactInputs, key = newKey()): Promise<Done> =>
  ask(`${at(id)}/facts`, { method: 'PATCH', json: { facts }, ifMatch: revision, key });

export const logActivity = (id: string, kind: string, note: string | null, key = newKey()): Promise<Done> =>
  ask(`${at(id)}/activities`, { method: 'POST', json: { kind, ...(note === null ? {} : { note }) }, key });

export const handOver = (id: string, revision: number, owner: string, key = newKey()): Promise<Done> =>
  ask(`${at(id)}/owner`, { method: 'POST', json: { owner }, ifMatch: revision, key });

export const capture = (process: string, account: string, facts: FactInputs, key = newKey()): Promise<Done> =>
  ask(DEALS, { method: 'POST', json: { process, account, facts }, key });

/** The move that leads straight back, where the process has one and it is open. */
export async function wayBack(id: string, stage: string): Promise<string | null> {
  const { moves } = await ask<{ readonly moves: readonly PossibleMove[] }>(`${at(id)}/moves`);
  return moves.find(({ move, to, track, allowed }) => move !== null && track === null && to === stage && allowed)?.move ?? null;
}
