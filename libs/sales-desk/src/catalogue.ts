import type { Projection } from '@coxswain/projections';
import {
  compileProcess,
  liftedProcess,
  type CompiledProcess,
  type ProcessEvent,
  type ProcessDrafted,
  type ProcessPublished,
  type ProcessRef,
} from '@coxswain/sales-process';
import type { ProcessDraft, PublishedProcess } from './contract.js';

const STREAM_PREFIX = 'process-';

export const processStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** Everything that was said of one process: its drafts and its versions. */
export interface ProcessRecord {
  /** Of the stream: the next event is appended after it. */
  readonly revision: number;
  readonly drafts: readonly (Omit<ProcessDrafted, 'type'> & { readonly recordedAt: string })[];
  readonly versions: readonly RecordedVersion[];
}

export interface RecordedVersion extends Omit<ProcessPublished, 'type'> {
  readonly recordedAt: string;
  /** When it was retired; null while it is not. */
  readonly retiredAt: string | null;
}

/** Every draft and version, by process. */
export const publishedProcesses: Projection<ProcessRecord> = {
  name: 'processes',
  shape: '2',
  keyOf: ({ stream }) => (stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null),
  fold(row, event) {
    const { revision, recordedAt } = event;
    const { drafts, versions } = row ?? { drafts: [], versions: [] };
    const said = { type: event.type, ...liftedProcess(event) } as ProcessEvent;
    const changed = (version: number, change: Partial<RecordedVersion>): readonly RecordedVersion[] =>
      versions.map((one) => (one.version === version ? { ...one, ...change } : one));
    switch (said.type) {
      case 'ProcessDrafted': {
        const { type: _, ...draft } = said;
        return { revision, drafts: [...drafts, { ...draft, recordedAt }], versions };
      }
      case 'ProcessPublished': {
        const { type: _, ...version } = said;
        return { revision, drafts, versions: [...versions, { ...version, recordedAt, retiredAt: null }] };
      }
      case 'ProcessRolledOut':
        return { revision, drafts, versions: changed(said.version, { teams: said.teams }) };
      case 'ProcessRetired':
        return { revision, drafts, versions: changed(said.version, { retiredAt: said.occurredAt }) };
    }
  },
};

/** The processes, compiled when first asked for. */
export class Catalogue {
  private readonly compiled = new Map<string, CompiledProcess>();

  /** `now`: the present instant, ISO 8601 in UTC. */
  constructor(
    private readonly rows: () => ReadonlyMap<string, ProcessRecord>,
    private readonly now: () => string,
  ) {}

  record(id: string): ProcessRecord | null {
    return this.rows().get(id) ?? null;
  }

  /** The version in force of each process, for everybody, in order of their ids; the latest where none is in force for everybody. */
  inForce(): readonly PublishedProcess[] {
    return [...this.rows().keys()].toSorted().flatMap((id) => this.published(id) ?? []);
  }

  /** This version, or the one in force for everybody, or else the latest. */
  published(id: string, version?: number): PublishedProcess | null {
    const versions = this.rows().get(id)?.versions ?? [];
    const found =
      version === undefined
        ? (this.latestFor(versions, null) ?? versions.at(-1))
        : versions.find((one) => one.version === version);
    return found ? this.view(found) : null;
  }

  versions(id: string): readonly PublishedProcess[] {
    return (this.rows().get(id)?.versions ?? []).map((one) => this.view(one));
  }

  drafts(id: string): readonly ProcessDraft[] {
    return (this.rows().get(id)?.drafts ?? []).map(
      ({ process, draft, hash, file, format, definition, note, by, recordedAt }) => ({
        process,
        draft,
        hash,
        file,
        format,
        definition,
        note,
        by,
        savedAt: recordedAt,
      }),
    );
  }

  /** Ready to be asked: the version in force for a team; null where there is none, or only retired ones. */
  current(id: string, team: string | null = null): CompiledProcess | null {
    const latest = this.latestFor(this.rows().get(id)?.versions ?? [], team);
    return latest ? this.compile(latest) : null;
  }

  /** Ready to be asked: this very version, or null when it, with this content, was never published here. */
  version(ref: ProcessRef): CompiledProcess | null {
    const found = this.rows()
      .get(ref.id)
      ?.versions.find(({ version, hash }) => version === ref.version && hash === ref.hash);
    return found ? this.compile(found) : null;
  }

  /** Ready to be asked: this version; null where there is none. */
  compiledVersion(id: string, version: number): CompiledProcess | null {
    const found = this.rows()
      .get(id)
      ?.versions.find((one) => one.version === version);
    return found ? this.compile(found) : null;
  }

  private latestFor(versions: readonly RecordedVersion[], team: string | null): RecordedVersion | undefined {
    const now = this.now();
    return versions.findLast(
      ({ effectiveFrom, teams, retiredAt }) =>
        retiredAt === null &&
        (effectiveFrom === null || effectiveFrom <= now) &&
        (teams === null || (team !== null && teams.includes(team))),
    );
  }

  private view(published: RecordedVersion): PublishedProcess {
    const { definition, file, format, by, note, recordedAt, effectiveFrom, reviewedBy, teams, retiredAt, draft } = published;
    const { ref, config } = this.compile(published);
    return {
      ref,
      title: definition.title,
      definition,
      file,
      format,
      machine: config,
      publishedAt: recordedAt,
      by,
      note,
      effectiveFrom,
      reviewedBy,
      teams,
      retiredAt,
      draft,
    };
  }

  private compile({ process: id, version, hash, definition }: RecordedVersion): CompiledProcess {
    const key = `${id}@${version}`;
    const known = this.compiled.get(key) ?? compileProcess(definition, { id, version, hash });
    this.compiled.set(key, known);
    return known;
  }
}
