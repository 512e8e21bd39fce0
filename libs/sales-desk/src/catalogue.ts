import type { Projection } from '@coxswain/projections';
import { compileProcess, liftedProcess, type CompiledProcess, type ProcessRef, type SalesProcess } from '@coxswain/sales-process';
import type { PublishedProcess } from './contract.js';

const STREAM_PREFIX = 'process-';

export const processStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** A version of a process was put in force. The definition stands in the event, so that no later reader of files can change it. */
export interface ProcessPublished {
  readonly process: string;
  readonly version: number;
  readonly hash: string;
  readonly file: string;
  readonly format: 'yaml' | 'json';
  readonly definition: SalesProcess;
  readonly note: string | null;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
}

/** Every published version, by process. */
export const publishedProcesses: Projection<readonly (ProcessPublished & { readonly recordedAt: string })[]> = {
  name: 'processes',
  shape: '1',
  keyOf: ({ stream }) => (stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null),
  fold: (versions, event) => [
    ...(versions ?? []),
    { ...(liftedProcess(event) as ProcessPublished), recordedAt: event.recordedAt },
  ],
};

type Rows = ReadonlyMap<string, readonly (ProcessPublished & { readonly recordedAt: string })[]>;

/** The published processes, compiled when first asked for. */
export class Catalogue {
  private readonly compiled = new Map<string, CompiledProcess>();

  constructor(private readonly rows: () => Rows) {}

  /** The version in force of each process, in order of their ids. */
  inForce(): readonly PublishedProcess[] {
    return [...this.rows().keys()].toSorted().flatMap((id) => this.published(id) ?? []);
  }

  published(id: string, version?: number): PublishedProcess | null {
    const versions = this.rows().get(id) ?? [];
    const found = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
    return found ? this.view(found) : null;
  }

  versions(id: string): readonly PublishedProcess[] {
    return (this.rows().get(id) ?? []).map((one) => this.view(one));
  }

  /** Ready to be asked: the version in force. */
  current(id: string): CompiledProcess | null {
    const latest = this.rows().get(id)?.at(-1);
    return latest ? this.compile(latest) : null;
  }

  /** Ready to be asked: this very version, or null when it, with this content, was never published here. */
  version(ref: ProcessRef): CompiledProcess | null {
    const found = this.rows()
      .get(ref.id)
      ?.find(({ version, hash }) => version === ref.version && hash === ref.hash);
    return found ? this.compile(found) : null;
  }

  private view(published: ProcessPublished & { readonly recordedAt: string }): PublishedProcess {
    const { definition, file, format, by, note, recordedAt } = published;
    const { ref, config } = this.compile(published);
    return { ref, title: definition.title, definition, file, format, machine: config, publishedAt: recordedAt, by, note };
  }

  private compile({ process: id, version, hash, definition }: ProcessPublished): CompiledProcess {
    const key = `${id}@${version}`;
    const known = this.compiled.get(key) ?? compileProcess(definition, { id, version, hash });
    this.compiled.set(key, known);
    return known;
  }
}
