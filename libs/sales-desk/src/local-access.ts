import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';

/**
 * Local mode: a service on loopback that signs the tokens of its own people with a key pair kept in its data folder.
 * Whoever may read that folder may speak for anybody, so the file is for its owner alone.
 */

export const LOCAL_ISSUER = 'coxswain-local';
export const LOCAL_AUDIENCE = 'coxswain';
export const LOCAL_ALGORITHM = 'ES256';

const KEYS_FILE = 'local-keys.json';
const DEFAULT_HOURS = 12;

export interface LocalKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** Where they are kept. */
  readonly file: string;
}

interface KeptKeys {
  readonly privateKey: JWK;
  readonly publicKey: JWK;
}

/** The key pair kept in the data folder `dir`; made on first use, once, also when two processes ask at the same time. */
export async function localKeys(dir: string): Promise<LocalKeys> {
  const file = join(dir, KEYS_FILE);
  const kept = (await read(file)) ?? (await make(dir, file));
  const [privateKey, publicKey] = await Promise.all([
    importJWK(kept.privateKey, LOCAL_ALGORITHM),
    importJWK(kept.publicKey, LOCAL_ALGORITHM),
  ]);
  return { privateKey: privateKey as CryptoKey, publicKey: publicKey as CryptoKey, file };
}

async function read(file: string): Promise<KeptKeys | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  await chmod(file, 0o600);
  try {
    const { privateKey, publicKey } = JSON.parse(text) as KeptKeys;
    if (typeof privateKey.d === 'string' && typeof publicKey.x === 'string') return { privateKey, publicKey };
  } catch {
    // Not readable as keys: told below.
  }
  throw new Error(
    `${file} holds no local keys. Delete it and start again: new keys are made, and tokens issued before stop working.`,
  );
}

async function make(dir: string, file: string): Promise<KeptKeys> {
  const pair = await generateKeyPair(LOCAL_ALGORITHM, { extractable: true });
  const made: KeptKeys = { privateKey: await exportJWK(pair.privateKey), publicKey: await exportJWK(pair.publicKey) };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(made, null, 2), { mode: 0o600, flag: 'wx' });
  try {
    // A link fails where the file is there already, so whoever is first wins and everybody reads the same keys.
    await link(draft, file);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await read(file)) ?? made;
  } finally {
    await unlink(draft);
  }
}

export interface LocalTokenRequest {
  /** The subject: 1 to 200 characters. */
  readonly name: string;
  readonly roles?: readonly string[];
  readonly team?: string | null;
  /** The data folder of the service. */
  readonly dir: string;
  readonly now: Date;
  /** How long it is valid, in hours (default 12). */
  readonly hours?: number;
}

/** A bearer token that a service in local mode over the same data folder accepts. */
export async function issueLocalToken({
  name,
  roles = [],
  team = null,
  dir,
  now,
  hours = DEFAULT_HOURS,
}: LocalTokenRequest): Promise<string> {
  if (name.length === 0 || name.length > 200) throw new RangeError('a name has 1 to 200 characters');
  const { privateKey } = await localKeys(dir);
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ roles: [...roles], ...(team === null ? {} : { team }) })
    .setProtectedHeader({ alg: LOCAL_ALGORITHM, typ: 'JWT' })
    .setSubject(name)
    .setIssuer(LOCAL_ISSUER)
    .setAudience(LOCAL_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + hours * 3600)
    .sign(privateKey);
}
