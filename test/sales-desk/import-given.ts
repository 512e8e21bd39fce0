import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe } from '@jest/globals';
import type { HistoryAnswer, HistoryRequest } from '@coxswain/sales-desk';
import {
  importFile,
  readImportMap,
  textSource,
  type HistoryDoor,
  type ImportMap,
  type ImportOptions,
  type ImportReport,
  type ImportSource,
  type ReportLine,
} from '../../libs/sales-desk/src/import/index.js';

/** A door that remembers what it was handed, and answers as the desk does for steps that all fit. */
export class FakeDoor implements HistoryDoor {
  readonly requests: HistoryRequest[] = [];
  readonly batches: number[] = [];
  private readonly known = new Map<string, Set<string>>();

  constructor(private readonly stages: readonly string[] | null = null) {}

  now(): string {
    return '2026-06-30T09:00:00.000Z';
  }

  recordHistory(requests: readonly HistoryRequest[], options: { readonly dryRun?: boolean } = {}): Promise<HistoryAnswer[]> {
    this.requests.push(...requests);
    this.batches.push(requests.length);
    return Promise.resolve(requests.map((request) => this.record(request, options.dryRun === true)));
  }

  private record({ id, steps }: HistoryRequest, dryRun: boolean): HistoryAnswer {
    const there = this.known.get(id) ?? new Set<string>();
    const rejected = steps.flatMap((step) =>
      step.kind === 'stage' && this.stages && !this.stages.includes(step.to)
        ? [{ key: step.key, say: `The process has no stage "${step.to}".` }]
        : [],
    );
    const refused = new Set(rejected.map(({ key }) => key));
    const keys = ['capture', ...steps.map(({ key }) => key)].filter((key) => !refused.has(key));
    const alreadyThere = keys.filter((key) => there.has(key)).length;
    if (!dryRun) this.known.set(id, new Set([...there, ...keys]));
    return { id, stored: keys.length - alreadyThere, alreadyThere, deviating: [], rejected, overdue: [] };
  }

  /** What was handed over for one deal, the last time. */
  deal(id: string): HistoryRequest {
    const found = this.requests.findLast((request) => request.id === id);
    if (!found) throw new Error(`the deal ${id} was never handed over`);
    return found;
  }
}

export function mapOf(yaml: string): ImportMap {
  const { map, problems } = readImportMap(yaml);
  if (!map) throw new Error(JSON.stringify(problems));
  return map;
}

/** What one import gave: its report, and the lines of its report file. */
export interface Imported {
  readonly report: ImportReport;
  readonly lines: readonly ReportLine[];
  readonly door: FakeDoor;
}

export async function imported(
  file: ImportSource | string | Buffer,
  map: string | ImportMap,
  more: Partial<Omit<ImportOptions, 'file' | 'map' | 'report'>> & { readonly door?: FakeDoor } = {},
): Promise<Imported> {
  const { door = new FakeDoor(), ...options } = more;
  const text: string[] = [];
  const reportFile = new Writable({
    write: (chunk: Buffer, _, done) => {
      text.push(chunk.toString());
      done();
    },
  });
  const report = await importFile(door, {
    file: typeof file === 'string' || Buffer.isBuffer(file) ? textSource('deals.csv', file) : file,
    map: typeof map === 'string' ? mapOf(map) : map,
    report: reportFile,
    ...options,
  });
  const lines = text
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReportLine);
  return { report, lines, door };
}

/** Nothing that is read may get lost. */
export function balances({ rows, deals, steps }: ImportReport): boolean {
  return [rows, deals, steps].every(
    ({ read, stored, alreadyThere, rejected, leftOut }) => read === stored + alreadyThere + rejected + leftOut,
  );
}

const shared = join(import.meta.dirname, '../../../shared/data');

/** Stories on data that is not part of the project: skipped, and said so, where it is missing. */
export const describeWithData: typeof describe.skip = existsSync(shared)
  ? describe
  : (console.warn('../shared/data is missing: the stories on real data are SKIPPED.'), describe.skip);

export const dataFile = (name: string): string => join(shared, name);
