import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * The house rules: what each room may import. A library exists because its list differs from every other's.
 * `node:` names stand for what of Node a room may use.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'libs/sales-process': ['xstate', 'yaml', 'ajv', '@marcbachmann/cel-js', 'temporal-polyfill', 'node:crypto'],
  'libs/projections': ['@coxswain/sales-process'],
  'libs/event-store': ['@eventstore/db-client', '@photostructure/sqlite', 'pg', 'rxjs', 'node:'],
  'libs/sales-desk': [
    '@coxswain/event-store',
    '@coxswain/projections',
    '@coxswain/sales-process',
    'ajv',
    'csv-parse',
    'jose',
    'rxjs',
    'saxes',
    'yaml',
    'node:',
  ],
  'apps/api': [
    '@coxswain/',
    'swagger-ui-dist',
    '@nestjs/',
    'class-transformer',
    'class-validator',
    'fastify',
    'jose',
    'prom-client',
    'reflect-metadata',
    'rxjs',
    'node:',
  ],
  // A client of the public calls alone: no library of the house, nothing of Node.
  'apps/console': [
    '@dagrejs/dagre',
    '@mantine/core',
    '@mantine/hooks',
    '@tanstack/react-query',
    '@tanstack/react-virtual',
    '@xyflow/react',
    'echarts',
    'react',
    'react-dom',
    'react-router',
    'vite',
  ],
  'apps/cli': ['@coxswain/', '@viz-js/viz', 'cli-progress', 'cli-table3', 'commander', 'rxjs', 'node:'],
};

const APPS = ['@coxswain/api', '@coxswain/cli', '@coxswain/console'];
const root = join(import.meta.dirname, '../..');

/** Every import that its room does not allow, as `file imports name`. */
function trespasses(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.flatMap(({ path, text }) => {
    const room = Object.keys(ROOMS).find((one) => path.startsWith(`${one}/`));
    if (!room) return [`${path} stands in no room`];
    return importsOf(text)
      .filter((name) => !allowed(room, path, name))
      .map((name) => `${path} imports ${name}`);
  });
}

function importsOf(text: string): string[] {
  return Array.from(text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^']+)'/g), ([, name]) => name!);
}

function allowed(room: string, path: string, name: string): boolean {
  if (name.startsWith('.')) return !relative(room, join(path, '..', name)).startsWith('..');
  if (APPS.includes(name) || /^@coxswain\/[^/]+\//.test(name)) return false;
  return ROOMS[room]!.some(
    (known) => name === known || name.startsWith(known.endsWith('/') || known.endsWith(':') ? known : `${known}/`),
  );
}

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return ['node_modules', 'dist'].includes(name) ? [] : sources(path);
    return /\.m?[jt]sx?$/.test(name) ? [{ path: relative(root, path), text: readFileSync(path, 'utf8') }] : [];
  });
}

describe('the house', () => {
  test('nothing imports what its room does not allow', () => {
    const files = ['apps', 'libs'].flatMap((folder) => sources(join(root, folder)));
    expect(files.length).toBeGreaterThan(20);
    expect(trespasses(files)).toEqual([]);
  });

  test.each([
    ['libs/sales-process/src/a.ts', "import { readFile } from 'node:fs';", 'node:fs'],
    ['libs/sales-process/src/a.ts', "import type { EventStore } from '@coxswain/event-store';", '@coxswain/event-store'],
    ['libs/projections/src/a.ts', "import { createMachine } from 'xstate';", 'xstate'],
    ['libs/event-store/src/a.ts', "export * from '@coxswain/sales-process';", '@coxswain/sales-process'],
    ['libs/sales-desk/src/a.ts', "const nest = await import('@nestjs/common');", '@nestjs/common'],
    ['libs/sales-desk/src/a.ts', "import '@coxswain/api';", '@coxswain/api'],
    ['apps/console/src/a.tsx', "import { type Opportunity } from '@coxswain/sales-process';", '@coxswain/sales-process'],
    ['apps/console/src/a.tsx', "import { readFile } from 'node:fs';", 'node:fs'],
    [
      'apps/cli/src/a.ts',
      "import { evolve } from '@coxswain/sales-process/src/opportunity.js';",
      '@coxswain/sales-process/src/opportunity.js',
    ],
    [
      'libs/projections/src/a.ts',
      "import { decide } from '../../sales-process/src/opportunity.js';",
      '../../sales-process/src/opportunity.js',
    ],
  ])('a trespass is seen: %s with %s', (path, text, name) => {
    expect(trespasses([{ path, text }])).toEqual([`${path} imports ${name}`]);
  });

  test('what a room allows passes', () => {
    const text = "import { Subject } from 'rxjs';\nimport { map } from 'rxjs/operators';\nimport { open } from './open.js';";
    expect(trespasses([{ path: 'libs/event-store/src/a.ts', text }])).toEqual([]);
  });

  test('the pure rooms read no clock and roll no dice', () => {
    const impure = /\bDate\.now\(|new Date\(\)|Math\.random|randomUUID|performance\.now|process\.env|Temporal\.Now/;
    const found = ['libs/sales-process', 'libs/projections']
      .flatMap((room) => sources(join(root, room)))
      .filter(({ text }) => impure.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
    expect(impure.test('const at = new Date();')).toBe(true);
  });
});
