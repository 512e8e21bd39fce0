import type { SalesProcess } from '@coxswain/sales-process';
import type { ProcessVersion, StageName } from './measure.js';

/**
 * One line of stages through all versions of a process: `was` joins a renamed or merged stage to its past, so that a measure counts
 * the deals of every version in the stages of the present one.
 */
export interface Lineage {
  /** The latest version, whose stages the figures are named by; null when none was published. */
  readonly latest: ProcessVersion | null;
  /** The stages of the latest version in the order of its file. */
  readonly stages: readonly StageName[];
  /** The present stage that continues this one; the stage itself when none does. Of a stage that was split, the first in the order of the file. */
  stageOf(stage: string): string;
  nameOf(stage: string): StageName;
  definition(version: number): SalesProcess | null;
}

/** The lineage as it was known at `asOf`: later versions do not exist yet. */
export function lineageOf(versions: readonly ProcessVersion[], asOf: string): Lineage {
  const known = versions.filter(({ publishedAt }) => publishedAt <= asOf).toSorted((a, b) => a.ref.version - b.ref.version);
  const latest = known.at(-1) ?? null;
  const present = latest?.definition.stages ?? {};
  const heirs = heirsIn(known);
  const found = new Map<string, string>();

  const stageOf = (stage: string): string => {
    let heir = found.get(stage);
    if (heir === undefined) found.set(stage, (heir = heirOf(stage, present, heirs)));
    return heir;
  };
  const nameOf = (stage: string): StageName => {
    const here = known.findLast(({ definition }) => Object.hasOwn(definition.stages, stage))?.definition.stages[stage];
    return { stage, label: here?.label ?? stage, phase: here?.phase ?? 'lead', retired: !Object.hasOwn(present, stage) };
  };
  const definitions = new Map(known.map(({ ref, definition }) => [ref.version, definition]));
  return {
    latest,
    stages: Object.keys(present).map(nameOf),
    stageOf,
    nameOf,
    definition: (version) => definitions.get(version) ?? null,
  };
}

/** Which stage continues which, the latest word on it. */
function heirsIn(versions: readonly ProcessVersion[]): ReadonlyMap<string, string> {
  const heirs = new Map<string, string>();
  for (const { definition } of versions) {
    const here = new Map<string, string>();
    for (const { id, was } of Object.values(definition.stages))
      for (const former of was) if (!here.has(former)) here.set(former, id);
    for (const [former, id] of here) heirs.set(former, id);
  }
  return heirs;
}

function heirOf(stage: string, present: SalesProcess['stages'], heirs: ReadonlyMap<string, string>): string {
  const seen = new Set<string>();
  for (let at: string | undefined = stage; at !== undefined && !seen.has(at); at = heirs.get(at)) {
    if (Object.hasOwn(present, at)) return at;
    seen.add(at);
  }
  return stage;
}
