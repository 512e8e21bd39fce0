/** What could stand where the caret is: names that stand in the file already, those most often there first. */

const NAME = /[A-Za-z][\w-]*/g;
const MOST = 8;

export interface Completion {
  /** Where the word begins that is being written. */
  readonly from: number;
  readonly choices: readonly string[];
}

/** Null where no word is being written, or none begins like it. */
export function completionAt(text: string, caret: number): Completion | null {
  const written = /[A-Za-z][\w-]*$/.exec(text.slice(0, caret))?.[0];
  if (written === undefined) return null;
  const from = caret - written.length;
  const times = new Map<string, number>();
  // The word that is being written is no proof that there is such a name.
  for (const { 0: name, index } of text.matchAll(NAME)) if (index !== from) times.set(name, (times.get(name) ?? 0) + 1);
  const choices = [...times]
    .filter(([name]) => name !== written && name.toLowerCase().startsWith(written.toLowerCase()))
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST)
    .map(([name]) => name);
  return choices.length === 0 ? null : { from, choices };
}
