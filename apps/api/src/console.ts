import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf, sendProblem } from './problem.filter.js';
import { ProblemAnswer } from './problem.js';

const FOLDER = join(import.meta.dirname, '../../console/dist');

/**
 * The web console at `/`: what its build has made, read once. Needs no token, since it holds no data: the console asks for that as any other
 * client does. An address that a person goes to and that is no call is the console's own; a missing asset and an unknown call stay a 404.
 */
export function serveConsole(http: FastifyInstance, folder = FOLDER): void {
  const files = existsSync(join(folder, 'index.html')) ? filesIn(folder) : new Map<string, ConsoleFile>();
  const page = files.get('/index.html') ?? fileOf('.html', Buffer.from(NOT_BUILT), false);

  http.get('/', (request, reply) => sendFile(page, request, reply));
  for (const path of [...files.keys()].filter((one) => !one.startsWith('/assets/') && one !== '/index.html'))
    http.get(path, (request, reply) => sendFile(files.get(path)!, request, reply));
  http.get('/assets/:file', (request, reply) => {
    const file = files.get(pathOf(request));
    if (file) return sendFile(file, request, reply);
    sendProblem(reply, new ProblemAnswer(404, 'no-such-asset', 'The console has no such file. Load the page again.'), request);
    return reply;
  });
  http.addHook('onRequest', async (request, reply) => {
    if (request.is404 && isNavigation(request)) return sendFile(page, request, reply);
  });
}

/** Scripts and everything else come from this service alone; styles also from Mantine's style elements. Nobody may frame it. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.svg']);
const BROTLI_QUALITY = 9;

interface ConsoleFile {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  /** Made when first asked for, then kept. */
  readonly brotli: (() => Promise<Buffer>) | null;
  readonly gzip: (() => Promise<Buffer>) | null;
}

function filesIn(folder: string): ReadonlyMap<string, ConsoleFile> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    names.map((name) => {
      const path = name.slice(folder.length).replaceAll('\\', '/');
      return [path, fileOf(extname(name), readFileSync(name), path.startsWith('/assets/'))] as const;
    }),
  );
}

/** `hashed`: the name changes with the content, so that it may be kept for ever. */
function fileOf(extension: string, plain: Buffer, hashed: boolean): ConsoleFile {
  const compressible = COMPRESSIBLE.has(extension);
  const brotliOf = promisify(brotliCompress);
  const gzipOf = promisify(gzip);
  return {
    type: TYPES[extension]!,
    etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    plain,
    brotli: compressible ? once(() => brotliOf(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })) : null,
    gzip: compressible ? once(() => gzipOf(plain, { level: 9 })) : null,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

async function sendFile(file: ConsoleFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const encoding = [request.headers['accept-encoding'] ?? ''].flat().join(',');
  const way = file.brotli && /\bbr\b/.test(encoding) ? 'br' : file.gzip && /\bgzip\b/.test(encoding) ? 'gzip' : null;
  // Each way to send it is an entity of its own.
  const etag = `"${file.etag}${way === null ? '' : `-${way}`}"`;
  void reply
    .status(200)
    .headers({ 'content-type': file.type, 'cache-control': file.cacheControl, etag, vary: 'accept-encoding' })
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'same-origin');
  if (file.type.startsWith('text/html')) void reply.header('content-security-policy', POLICY);
  if (request.headers['if-none-match'] === etag) return reply.status(304).send();
  if (way !== null) void reply.header('content-encoding', way);
  return reply.send(way === 'br' ? await file.brotli!() : way === 'gzip' ? await file.gzip!() : file.plain);
}

/** A browser on its way to a page: not a call, and not a file that is missing. */
function isNavigation(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    (request.headers.accept ?? '').includes('text/html') &&
    !/^\/(v1|assets|docs|health|metrics|openapi\.json)(\/|$)/.test(path) &&
    !/\.[a-z0-9]{2,5}$/i.test(path.slice(path.lastIndexOf('/')))
  );
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>Coxswain</title></head>
  <body><p>The console is not built: <code>npm run build</code> builds it; then start the service again. Every call is at <a href="/docs">/docs</a>.</p></body>
</html>
`;
