import type { ProcessRef } from '@coxswain/sales-process';
import type { PublishedProcess } from './contract.js';

/** A published version without its file, its definition and its machine, as lists have it. */
export type VersionSummary = ProcessRef & Omit<PublishedProcess, 'ref' | 'definition' | 'file' | 'format' | 'machine'>;

export const versionSummary = ({
  ref,
  definition: _,
  file: _file,
  format: _format,
  machine: _machine,
  ...about
}: PublishedProcess): VersionSummary => ({ ...ref, ...about });
