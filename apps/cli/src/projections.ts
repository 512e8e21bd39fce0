import type { ProjectionReport, ProjectionStatus } from '@coxswain/sales-desk';
import { count, counted, instant, table, UNKNOWN } from './words.js';

/** How far each projection has come, and where a start would go on. */
export function projectionsText({ projections, end }: ProjectionReport): string {
  const rows = projections.map((one) => [one.name, count(one.size), one.position ?? UNKNOWN, state(one), kept(one)]);
  const log =
    end.position === null
      ? 'The log is empty.'
      : `The log ends at ${end.position}, recorded ${instant(end.recordedAt ?? UNKNOWN)} UTC.`;
  return `${log}\n\n${table(['projection', 'rows or entries', 'has folded up to', 'state', 'a start goes on from'], rows)}`;
}

function state({ failed, behindSeconds, rebuilding }: ProjectionStatus): string {
  const here =
    failed !== null ? failed : behindSeconds > 0 ? `${counted(Math.ceil(behindSeconds), 'second')} behind` : 'up to date';
  return rebuilding === null ? here : `${here}; being rebuilt${rebuilding === '' ? '' : `, at ${rebuilding}`}`;
}

function kept({ kept: here }: ProjectionStatus): string {
  if (!here) return 'the beginning';
  const { rows, blocks } = here;
  const what = [rows > 0 ? counted(rows, 'row') : '', blocks > 0 ? counted(blocks, 'block') : ''].filter((one) => one !== '');
  return what.length === 0 ? here.position : `${here.position} (${what.join(', ')})`;
}
