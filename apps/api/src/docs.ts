import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';

/** The OpenAPI document for programs, and a page to read and try it. Everything comes from this service; nothing from the network. */
export function serveDocs(http: FastifyInstance, document: OpenAPIObject): void {
  const json = JSON.stringify(document);
  http.get('/openapi.json', (_, reply) => reply.type('application/json; charset=utf-8').send(json));
  http.get('/docs', (_, reply) => reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE));
  http.get('/docs/start.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(START));

  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  for (const [name, type] of ASSETS) {
    const file = readFileSync(join(folder, name));
    http.get(`/docs/${name}`, (_, reply) => reply.type(type).header('cache-control', 'public, max-age=3600').send(file));
  }
}

const ASSETS = [
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
] as const;

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Coxswain: every call</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="calls"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#calls', deepLinking: true, validatorUrl: null });\n`;
