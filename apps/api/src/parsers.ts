import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemAnswer } from './problem.js';

export const BODY_LIMIT_BYTES = 1_048_576;

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];
const FILE_TYPES = [
  'text/csv',
  'text/xml',
  'application/xml',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
];

const isFor = (request: FastifyRequest, ...routes: readonly string[]): boolean => routes.includes(request.routeOptions.url ?? '');

/**
 * How bodies are read: a process file as the text it is (so that its problems have lines and columns), a file to import as a
 * stream that is never held in memory, targets as JSON or as the text of a CSV file, everything else as JSON.
 */
export function readBodies(
  http: FastifyInstance,
  routes: { readonly processFiles: readonly string[]; readonly imports: readonly string[]; readonly targets: string },
): void {
  const readJson = http.getDefaultJsonParser('error', 'error');
  const unsupported = (request: FastifyRequest): ProblemAnswer =>
    new ProblemAnswer(
      415,
      'media-type-unsupported',
      `${request.headers['content-type']} is not taken here. Commands take application/json; a process file application/yaml or application/json; an import ${FILE_TYPES.join(', ')}.`,
    );

  http.removeAllContentTypeParsers();
  http.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES }, (request, body, done) => {
    if (isFor(request, ...routes.processFiles)) done(null, body);
    else if (isFor(request, ...routes.imports)) done(unsupported(request));
    else if (body === '') done(null, {});
    else void readJson(request, String(body), done);
  });
  http.addContentTypeParser(YAML_TYPES, { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES }, (request, body, done) => {
    if (isFor(request, ...routes.processFiles)) done(null, body);
    else done(unsupported(request));
  });
  http.addContentTypeParser(FILE_TYPES, async (request: FastifyRequest, payload: AsyncIterable<Buffer>) => {
    if (isFor(request, ...routes.imports)) return payload;
    if (isFor(request, routes.targets) && request.headers['content-type']?.startsWith('text/csv') === true)
      return wholeText(payload);
    throw unsupported(request);
  });
}

/** The whole of a small file. */
async function wholeText(payload: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of payload) {
    bytes += piece.length;
    if (bytes > BODY_LIMIT_BYTES) throw new ProblemAnswer(413, 'body-too-large', 'The file is larger than 1 MiB.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
