import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly profiles?: readonly string[]; readonly ports?: readonly string[]; readonly volumes?: readonly string[] }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

// No container engine takes part here: these hold what can be held by reading.
const compose = parse(readFileSync('docker/compose.yaml', 'utf8')) as Compose;
const dockerfile = readFileSync('docker/Dockerfile', 'utf8');

test('the service starts by itself, the databases only when their profile is asked for', () => {
  expect(Object.entries(compose.services).map(([name, { profiles = [] }]) => [name, profiles])).toEqual([
    ['coxswain', []],
    ['postgres', ['postgres']],
    ['kurrentdb', ['kurrentdb']],
  ]);
});

test('nothing is offered to the network, and every volume that is used is declared', () => {
  for (const { ports = [], volumes = [] } of Object.values(compose.services)) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
  }
});

test('the image runs as an ordinary user, keeps its data in a volume and copies every workspace that it installs', () => {
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^VOLUME \/data$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] };
  expect(workspaces).toEqual(['apps/*', 'libs/*']);
  for (const room of ['apps/api', 'apps/cli', 'libs/event-store', 'libs/projections', 'libs/sales-desk', 'libs/sales-process'])
    expect(dockerfile).toContain(`COPY ${room}/package.json ${room}/`);
});
