import { lineageOf, type Draft } from '@coxswain/projections';
import { compileProcess, readProcessFile, type Problem, type SalesProcess } from '@coxswain/sales-process';
import type { Catalogue } from './catalogue.js';

/** What is to be tried: a draft that was kept, by its number or the beginning of its hash, or a file. */
export type Tried = { readonly draft: number | string } | { readonly file: string };

/** A draft that can be tried, or why not. */
export type FoundDraft =
  | {
      readonly kind: 'found';
      readonly draft: number | null;
      readonly hash: string;
      readonly definition: SalesProcess;
      /** The version in force, which it is compared with. */
      readonly against: number;
    }
  | { readonly kind: 'not-found'; readonly what: 'process' | 'draft' }
  | DraftRefused;

export interface DraftRefused {
  readonly kind: 'refused';
  readonly refused: string;
  readonly say: string;
  /** Of the file. */
  readonly problems: readonly Problem[];
}

const FEWEST_OF_HASH = 6;

/** Finds what is to be tried under a process that is published. */
export function findDraft(catalogue: Catalogue, process: string, tried: Tried): FoundDraft {
  const inForce = catalogue.published(process);
  if (!inForce) return { kind: 'not-found', what: 'process' };
  const against = inForce.ref.version;
  const drafts = catalogue.drafts(process);
  if ('draft' in tried) {
    const { draft } = tried;
    const isIt = (one: { readonly draft: number; readonly hash: string }): boolean =>
      typeof draft === 'number' || /^\d{1,5}$/.test(draft)
        ? one.draft === Number(draft)
        : draft.length >= FEWEST_OF_HASH && one.hash.startsWith(draft);
    const found = drafts.findLast(isIt);
    if (!found) return { kind: 'not-found', what: 'draft' };
    const { hash, definition } = found;
    return { kind: 'found', draft: found.draft, hash, definition, against };
  }
  const { process: definition, hash, problems } = readProcessFile(tried.file);
  if (!definition || hash === null)
    return { kind: 'refused', refused: 'process-invalid', say: 'The process file has problems.', problems };
  if (definition.id !== process)
    return {
      kind: 'refused',
      refused: 'other-process',
      say: `The file is of the process "${definition.id}", not of "${process}".`,
      problems: [],
    };
  const draft = drafts.findLast((one) => one.hash === hash)?.draft ?? null;
  return { kind: 'found', draft, hash, definition, against };
}

/** The draft ready to be asked: stages that any version has had are joined to its own by `was`. */
export function draftToTry(catalogue: Catalogue, process: string, definition: SalesProcess, hash: string): Draft {
  const versions = catalogue.versions(process);
  const latest = Math.max(0, ...versions.map(({ ref }) => ref.version));
  const ref = { id: process, version: latest + 1, hash };
  const known = [...versions, { ref, definition }].map((one) => ({
    ref: one.ref,
    definition: one.definition,
    publishedAt: '',
  }));
  const lineage = lineageOf(known, '');
  return {
    process: compileProcess(definition, ref),
    stageOf(stage) {
      const heir = lineage.stageOf(stage);
      return Object.hasOwn(definition.stages, heir) ? heir : null;
    },
  };
}
