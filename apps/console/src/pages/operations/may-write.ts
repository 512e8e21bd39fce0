import { useMe } from '../../api/session.js';
import { useAsOf } from '../../as-of.js';

/** Whether whoever is signed in may change processes here and now: in the past nobody may. The service asks again. */
export function useMayWrite(): boolean {
  const me = useMe();
  const past = useAsOf() !== null;
  return !past && me.roles.some((role) => role === 'operations' || role === 'admin');
}

/** Names told apart by commas; null where there are none, which means all. */
export function namesIn(text: string): readonly string[] | null {
  const names = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return names.length === 0 ? null : names;
}
