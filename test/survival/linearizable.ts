/** What a client asked of one stream, and when, by a clock that all clients share. */
export interface Operation {
  readonly client: number;
  readonly stream: string;
  readonly called: number;
  /** Infinity where no answer came: it may have happened at any time since, or never. */
  readonly returned: number;
  readonly ask: { readonly kind: 'append'; readonly expected: number } | { readonly kind: 'read' };
  /** The revision after an append, or the one read; `conflict` names the revision that stands there; null where no answer came. */
  readonly answer: { readonly revision: number } | { readonly conflict: number } | null;
}

/**
 * Whether some order of the operations, each at one instant between call and answer, explains every answer: the search of Wing and Gong,
 * with Lowe's memory of the places it has been to. A stream is a register of its revision, -1 while it does not exist.
 */
export function isLinearizable(history: readonly Operation[]): boolean {
  const streams = new Map<string, Operation[]>();
  for (const operation of history) streams.set(operation.stream, [...(streams.get(operation.stream) ?? []), operation]);
  return [...streams.values()].every(explains);
}

function explains(operations: readonly Operation[]): boolean {
  // What was not answered and changes nothing needs no explanation.
  const list = operations.filter(({ answer, ask }) => answer !== null || ask.kind === 'append');
  const beenTo = new Set<string>();
  const search = (done: bigint, revision: number): boolean => {
    const left = list.flatMap((operation, at) => ((done >> BigInt(at)) & 1n ? [] : [{ operation, at }]));
    if (left.every(({ operation }) => operation.answer === null)) return true;
    const place = `${done} ${revision}`;
    if (beenTo.has(place)) return false;
    beenTo.add(place);
    const firstReturn = Math.min(...left.map(({ operation }) => operation.returned));
    return left.some(({ operation, at }) => {
      if (operation.called > firstReturn) return false;
      const after = applied(operation, revision);
      return after !== null && search(done | (1n << BigInt(at)), after);
    });
  };
  return search(0n, -1);
}

/** The revision after the operation; null where it cannot have answered so at this revision. */
function applied({ ask, answer }: Operation, revision: number): number | null {
  if (ask.kind === 'read') return answer !== null && 'revision' in answer && answer.revision === revision ? revision : null;
  if (answer !== null && 'conflict' in answer) return answer.conflict === revision && ask.expected !== revision ? revision : null;
  if (ask.expected !== revision) return null;
  return answer === null || answer.revision === revision + 1 ? revision + 1 : null;
}
