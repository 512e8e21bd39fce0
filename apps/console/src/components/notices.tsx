import { useSyncExternalStore, type ReactNode } from 'react';
import { common } from '../texts/common.js';

interface Notice {
  readonly id: number;
  readonly say: string;
  readonly bad: boolean;
  readonly undo: (() => Promise<void>) | null;
}

const SHOWN_MS = 8_000;
let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const tell of listeners) tell();
}

const drop = (id: number): void => set(notices.filter((one) => one.id !== id));

/** Says something for a few seconds, with a way back where there is one. */
export function say(
  words: string,
  { bad = false, undo = null }: { readonly bad?: boolean; readonly undo?: (() => Promise<void>) | null } = {},
): void {
  const id = ++last;
  set([...notices.slice(-2), { id, say: words, bad, undo }]);
  setTimeout(() => drop(id), SHOWN_MS);
}

export function Notices(): ReactNode {
  const shown = useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => notices,
  );
  return (
    <div className="notices" role="status" aria-live="polite">
      {shown.map(({ id, say: words, bad, undo }) => (
        <div key={id} className={bad ? 'notice bad' : 'notice'}>
          <span>{words}</span>
          {undo && (
            <button
              type="button"
              onClick={() => {
                drop(id);
                undo().then(
                  () => say(common.undone),
                  (error: unknown) => say(error instanceof Error ? error.message : String(error), { bad: true }),
                );
              }}
            >
              {common.undo}
            </button>
          )}
          <button type="button" aria-label={common.close} onClick={() => drop(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
