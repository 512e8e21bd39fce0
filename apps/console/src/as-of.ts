import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** The instant everything is shown as of, in UTC, from `?asOf=` of the address; null is now. What cannot be read counts as now. */
export function useAsOf(): string | null {
  const [search] = useSearchParams();
  return readAsOf(search.get('asOf'));
}

export function readAsOf(said: string | null): string | null {
  if (said === null) return null;
  const at = new Date(said);
  return Number.isNaN(at.getTime()) || at.getTime() >= Date.now() ? null : at.toISOString();
}

/** The instant that distances are told from, in ms: the one that is looked at, so that the past does not count up to today. */
export function useNow(): number {
  const asOf = useAsOf();
  return asOf === null ? Date.now() : Date.parse(asOf);
}

/** One parameter of the address as state: the whole look of a page can so be sent to somebody else. Null takes it out. */
export function useUrlState(name: string): readonly [string | null, (value: string | null) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (value: string | null) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === null || value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: name !== 'asOf', preventScrollReset: true },
      ),
    [name, setSearch],
  );
  return [search.get(name), set];
}

/** `to` with the instant of the present address kept: whoever looks at the past stays there. */
export function withAsOf(to: string, asOf: string | null): string {
  if (asOf === null) return to;
  const [path = '', search = ''] = to.split('?');
  const next = new URLSearchParams(search);
  if (!next.has('asOf')) next.set('asOf', asOf);
  return `${path}?${next.toString()}`;
}
