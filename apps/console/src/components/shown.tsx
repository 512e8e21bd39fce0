import type { ReactNode } from 'react';
import type { Money as Amount } from '../api/types.js';
import { useNow } from '../as-of.js';
import { apart, instant, money } from '../format.js';

/** An amount; its exact value stands in the tip where it is shortened. */
export function Money({
  amount,
  form = 'exact',
}: {
  readonly amount: Amount | null;
  readonly form?: 'exact' | 'whole' | 'short';
}): ReactNode {
  return (
    <span className="money" title={form === 'exact' ? undefined : money(amount)}>
      {money(amount, form)}
    </span>
  );
}

/** An instant in the reader's time zone; `relative` says how far away it is, with the whole instant in the tip. */
export function Instant({
  at,
  relative = false,
  from,
}: {
  readonly at: string;
  readonly relative?: boolean;
  readonly from?: number;
}): ReactNode {
  const now = useNow();
  return (
    <time dateTime={at} title={relative ? instant(at) : new Date(at).toISOString()}>
      {relative ? apart(at, from ?? now) : instant(at)}
    </time>
  );
}
