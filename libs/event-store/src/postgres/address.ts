import { StoreUnavailable } from '../store.js';

/** Where a PostgreSQL store is. */
export interface Address {
  /** For the driver: everything but the schema. */
  readonly connectionString: string;
  /** The schema whose tables are ours. */
  readonly schema: string;
  /** For people: without the password. */
  readonly name: string;
}

const FORM = 'It looks like postgres://user:password@host:5432/database, with ?schema=NAME where it is not "coxswain".';

/** Reads `postgres://...`. Throws `StoreUnavailable`, and never repeats a password. */
export function addressOf(uri: string): Address {
  if (!URL.canParse(uri)) throw new StoreUnavailable('the address of the PostgreSQL store cannot be read', FORM);
  const url = new URL(uri);
  const schema = url.searchParams.get('schema') ?? 'coxswain';
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema))
    throw new StoreUnavailable('the schema of the PostgreSQL store is no plain name', FORM);
  url.searchParams.delete('schema');
  const database = url.pathname.slice(1);
  return {
    connectionString: url.toString(),
    schema,
    name: `postgres://${url.host}/${database}${schema === 'coxswain' ? '' : `?schema=${schema}`}`,
  };
}

/** A name as SQL writes it. Only for names that `addressOf` let through. */
export const quoted = (name: string): string => `"${name}"`;
