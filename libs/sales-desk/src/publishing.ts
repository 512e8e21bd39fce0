import type { EventStore } from '@coxswain/event-store';
import { StoreUnavailable } from '@coxswain/event-store';
import {
  readProcessFile,
  shapeMark,
  type Actor,
  type Problem,
  type ProcessDrafted,
  type ProcessEvent,
  type ProcessPublished,
} from '@coxswain/sales-process';
import { processStream, type Catalogue } from './catalogue.js';
import type { DraftAnswer, PublishAnswer, PublishOptions, VersionOutcome } from './contract.js';
import { derivedId } from './ids.js';
import type { Turns } from './turns.js';

const LARGEST_APPEND_BYTES = 900_000;
const SEEN_WITHIN_MS = 60_000;

export interface PublisherOptions {
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly turns: Turns;
  readonly now: () => string;
  readonly caughtUp: (position: string, withinMs: number) => Promise<void>;
}

/** What operations do with a process: keep drafts, put versions in force, for whom and from when, and retire them. One after the other for each process. */
export class Publisher {
  constructor(private readonly options: PublisherOptions) {}

  /** Checks a file and keeps it as a draft. What the latest draft says already is not kept twice. */
  async draft(file: string, format: 'yaml' | 'json', actor: Actor, note: string | null = null): Promise<DraftAnswer> {
    const { process: definition, hash, problems } = readProcessFile(file);
    if (!definition || hash === null) return { problems, draft: null, repeated: false };
    const { id } = definition;
    return this.inTurn(id, async (append) => {
      const latest = this.options.catalogue.drafts(id).at(-1);
      if (latest?.hash === hash) return { problems, draft: { process: id, draft: latest.draft, hash }, repeated: true };
      const draft = (latest?.draft ?? 0) + 1;
      const event: ProcessDrafted = {
        type: 'ProcessDrafted',
        process: id,
        draft,
        hash,
        file,
        format,
        definition,
        note,
        ...this.said(actor),
      };
      if (isTooLarge(event)) return { problems: [...problems, tooLarge], draft: null, repeated: false };
      await append(event, ['draft', id, draft, hash]);
      return { problems, draft: { process: id, draft, hash }, repeated: false };
    });
  }

  /** Checks a file and puts it in force. What the latest version says already changes nothing, for whomever it is: see `rollOut`. */
  async publish(file: string, format: 'yaml' | 'json', actor: Actor, options: PublishOptions = {}): Promise<PublishAnswer> {
    const { process: definition, hash, problems } = readProcessFile(file);
    if (!definition || hash === null || options.dryRun) return { problems, published: null, repeated: false };
    const { id } = definition;
    return this.inTurn(id, async (append) => {
      const { catalogue } = this.options;
      const latest = catalogue.versions(id).at(-1);
      if (latest?.ref.hash === hash && latest.retiredAt === null) return { problems, published: latest.ref, repeated: true };
      const version = (latest?.ref.version ?? 0) + 1;
      const event: ProcessPublished = {
        type: 'ProcessPublished',
        process: id,
        version,
        hash,
        file,
        format,
        definition,
        note: options.note ?? null,
        effectiveFrom: options.effectiveFrom ?? null,
        reviewedBy: options.reviewedBy ?? null,
        teams: options.teams ?? null,
        draft: catalogue.drafts(id).findLast((draft) => draft.hash === hash)?.draft ?? null,
        ...this.said(actor),
      };
      if (isTooLarge(event)) return { problems: [...problems, tooLarge], published: null, repeated: false };
      await append(event, ['published', id, version, hash]);
      return { problems, published: { id, version, hash }, repeated: false };
    });
  }

  /** Puts a version in force for other teams; null: for all. */
  async rollOut(
    id: string,
    version: number,
    teams: readonly string[] | null,
    actor: Actor,
    note: string | null = null,
  ): Promise<VersionOutcome> {
    return this.change(id, version, async (append) => {
      const found = this.options.catalogue.published(id, version)!;
      if (found.retiredAt !== null)
        return refused('version-retired', `Version ${version} is retired: publish its file again to put it in force.`);
      const [before, after] = [found.teams, teams].map((list) => (list === null ? null : [...list].sort().join('\n')));
      if (before === after) return false;
      await append({ type: 'ProcessRolledOut', process: id, version, teams, note, ...this.said(actor) }, [
        'rolled-out',
        id,
        version,
        this.revision(id),
      ]);
      return true;
    });
  }

  /** From now on no new deal runs under a version. Refused for the last one that is in force. */
  async retire(id: string, version: number, actor: Actor, note: string | null = null): Promise<VersionOutcome> {
    return this.change(id, version, async (append) => {
      const found = this.options.catalogue.published(id, version)!;
      if (found.retiredAt !== null) return false;
      const others = this.options.catalogue
        .versions(id)
        .some(({ ref, retiredAt, teams }) => ref.version !== version && retiredAt === null && teams === null);
      if (!others)
        return refused(
          'last-version',
          `Version ${version} is the only one that new deals can run under: publish another one first.`,
        );
      await append({ type: 'ProcessRetired', process: id, version, note, ...this.said(actor) }, [
        'retired',
        id,
        version,
        this.revision(id),
      ]);
      return true;
    });
  }

  private async change(
    id: string,
    version: number,
    make: (append: Append) => Promise<boolean | VersionOutcome>,
  ): Promise<VersionOutcome> {
    const { catalogue } = this.options;
    return this.inTurn(id, async (append) => {
      if (catalogue.record(id) === null) return { kind: 'not-found', what: 'process' };
      if (catalogue.published(id, version) === null) return { kind: 'not-found', what: 'version' };
      const made = await make(append);
      if (typeof made === 'object') return made;
      return { kind: 'done', version: catalogue.published(id, version)!, repeated: !made };
    });
  }

  private inTurn<T>(id: string, use: (append: Append) => Promise<T>): Promise<T> {
    const { store, turns, caughtUp } = this.options;
    return turns.take(processStream(id), () =>
      use(async ({ type, ...data }, names) => {
        const revision = this.revision(id);
        const result = await store.append(
          processStream(id),
          [{ id: derivedId(...names), type, data, meta: shapeMark() }],
          revision < 0 ? 'no-stream' : revision,
        );
        if (result.outcome === 'conflict')
          throw new StoreUnavailable(`somebody else is changing the process "${id}"`, 'Look how it stands now, and try again.');
        await caughtUp(result.position, SEEN_WITHIN_MS);
      }),
    );
  }

  private revision(id: string): number {
    return this.options.catalogue.record(id)?.revision ?? -1;
  }

  private said(actor: Actor): { readonly by: string; readonly occurredAt: string } {
    return { by: actor.id, occurredAt: this.options.now() };
  }
}

type Append = (event: ProcessEvent, names: readonly [string, ...(string | number)[]]) => Promise<void>;

const refused = (code: string, say: string): VersionOutcome => ({ kind: 'refused', refused: code, say });

const isTooLarge = (event: ProcessEvent): boolean => Buffer.byteLength(JSON.stringify(event)) > LARGEST_APPEND_BYTES;

const tooLarge: Problem = {
  code: 'file-too-large',
  severity: 'error',
  line: 1,
  column: 1,
  message: 'The process file is too large to be kept: at most about 400 kB.',
};
