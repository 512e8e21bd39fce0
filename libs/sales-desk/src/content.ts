import type { SalesProcess } from '@coxswain/sales-process';
import type { ProcessDraft, PublishedProcess } from './contract.js';

/** What a version or a draft of a process says, under the name by which people speak of it. */
export interface ProcessContent {
  /** `version 3`, `draft 2`. */
  readonly name: string;
  readonly hash: string;
  readonly definition: SalesProcess;
}

interface Known {
  readonly inForce: PublishedProcess | null;
  readonly versions: readonly PublishedProcess[];
  readonly drafts: readonly ProcessDraft[];
}

/** How a content is asked for: the version in force, a version by its number, the latest draft, or a draft by its number. */
export const CONTENT_NAME = /^(?:in-force|draft|(?:draft:)?[1-9]\d{0,5})$/;

/** The content of that name; null where there is none. */
export function contentNamed(asked: string, { inForce, versions, drafts }: Known): ProcessContent | null {
  if (!CONTENT_NAME.test(asked)) return null;
  if (asked === 'in-force') return inForce && ofVersion(inForce);
  if (asked === 'draft') return ofDraft(drafts.at(-1));
  if (asked.startsWith('draft:')) return ofDraft(drafts.find(({ draft }) => draft === Number(asked.slice('draft:'.length))));
  const version = versions.find(({ ref }) => ref.version === Number(asked));
  return version ? ofVersion(version) : null;
}

const ofVersion = ({ ref, definition }: PublishedProcess): ProcessContent => ({
  name: `version ${ref.version}`,
  hash: ref.hash,
  definition,
});

const ofDraft = (draft: ProcessDraft | undefined): ProcessContent | null =>
  draft ? { name: `draft ${draft.draft}`, hash: draft.hash, definition: draft.definition } : null;
