// npm writes no lock entry for an optional platform binary that the registry does not carry, and `npm ci` then refuses the lock.
// This adds the missing entries (version, os, cpu, libc, optional), inferred from the package's name. Run after every lock change.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const systems = {
  darwin: 'darwin',
  linux: 'linux',
  linuxmusl: 'linux',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  android: 'android',
  sunos: 'sunos',
  aix: 'aix',
  openharmony: 'openharmony',
};
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const known = Object.keys(lock.packages).some((path) => path === key || path.endsWith(`/${key}`));
    if (known) continue;
    const words = name.split(/[/-]/);
    const os = words.map((word) => systems[word]).find(Boolean);
    const cpu = processors.find((processor) => words.includes(processor)) ?? (words.includes('armv7') ? 'arm' : undefined);
    const libc = name.includes('musl') ? 'musl' : name.endsWith('-gnu') || name.endsWith('-gnueabihf') ? 'glibc' : undefined;
    const wanted = version.replace(/^[\^~]/, '');
    lock.packages[key] = {
      version: wanted,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(libc ? { libc: [libc] } : {}),
      optional: true,
      ...(os ? { os: [os] } : {}),
    };
    added += 1;
  }
}
const root = lock.packages[''];
lock.packages = {
  '': root,
  ...Object.fromEntries(
    Object.entries(lock.packages)
      .filter(([key]) => key !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
};
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} missing optional entries added`);
