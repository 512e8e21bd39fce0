import { useSyncExternalStore } from 'react';

/** Who speaks: the token goes with every call; name, roles and team are read from it to choose what to show, and never trusted for more. */
export interface Session {
  readonly token: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly team: string | null;
}

const KEY = 'coxswain.token';
const listeners = new Set<() => void>();
let session: Session | null = read(localStorage.getItem(KEY));

/** Null where this is no token that can be read, or one that has run out. */
export function read(token: string | null): Session | null {
  const part = token?.trim().split('.')[1];
  if (!token || !part) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.codePointAt(0)!);
    const said = JSON.parse(new TextDecoder().decode(bytes)) as {
      sub?: unknown;
      roles?: unknown;
      team?: unknown;
      exp?: unknown;
    };
    if (typeof said.sub !== 'string' || (typeof said.exp === 'number' && said.exp * 1000 < Date.now())) return null;
    return {
      token: token.trim(),
      name: said.sub,
      roles: Array.isArray(said.roles) ? said.roles.map(String) : [],
      team: typeof said.team === 'string' ? said.team : null,
    };
  } catch {
    return null;
  }
}

/** Signs in with a token, or out with null. False where the token cannot be read. */
export function speakAs(token: string | null): boolean {
  const next = read(token);
  if (token !== null && next === null) return false;
  session = next;
  if (next) localStorage.setItem(KEY, next.token);
  else localStorage.removeItem(KEY);
  for (const tell of listeners) tell();
  return true;
}

export const currentSession = (): Session | null => session;

export const useSession = (): Session | null =>
  useSyncExternalStore((tell) => {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }, currentSession);

/** Whoever is signed in; for pages, which stand behind the sign-in. */
export function useMe(): Session {
  const me = useSession();
  if (!me) throw new Error('nobody is signed in');
  return me;
}
