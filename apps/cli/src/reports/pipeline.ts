import type { PipelineAnswer } from '@coxswain/projections';
import { amounts, count, counted, days, instant, UNKNOWN, value } from '../words.js';
import { bar, first, section, tableOf, type Section } from './blocks.js';
import { labelled, named } from './names.js';

export function pipeline({ open, overdue, value: worth, stages, topOverdue }: PipelineAnswer['groups'][number]): Section[] {
  const most = Math.max(0, ...stages.map(({ deals }) => deals));
  const rows = stages.map((stage) => [
    labelled(stage),
    stage.phase,
    stage.deals,
    bar([stage.deals], most),
    value(stage.value),
    days(stage.ageDaysMedian),
    days(stage.ageDaysOldest),
    stage.overdue,
  ]);
  const { shown, more } = first(topOverdue, 5, overdue);
  const late = shown.map(({ deal, stage, owner, dueAt, overdueDays, amount }) => [
    deal,
    stage,
    owner,
    instant(dueAt),
    days(overdueDays),
    amount ? amounts([amount]) : UNKNOWN,
  ]);
  // Customers have time limits too, and are not among the open deals.
  const lateOutside = stages.filter(({ phase }) => phase === 'closed' || phase === 'customer');
  const outside = lateOutside.reduce((sum, stage) => sum + stage.overdue, 0);
  const ofThem = outside === 0 ? '' : `, ${count(outside)} of them in closed or customer stages`;
  return [
    section(
      null,
      `${counted(open, 'open deal')}, worth ${value(worth)}`,
      `${counted(overdue, 'deal')} past a time limit${ofThem}`,
    ),
    section(null, tableOf(['stage', 'phase', 'deals', '', 'worth', 'median age, days', 'oldest, days', 'past limit'], rows)),
    ...(late.length > 0
      ? [section('Longest past a limit', tableOf(['deal', 'stage', 'owner', 'was due, UTC', 'days late', 'amount'], late, more))]
      : []),
  ];
}

export const pipelines = ({ groups }: PipelineAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, 'open deals', 'worth', 'past a limit'],
      groups.map((group) => [named(group), group.open, value(group.value), group.overdue]),
    ),
  ),
];

export const pipelineNotes = [
  'A "-": no deal stands there, or none has an amount. Deals past a limit are of any stage, customers too.',
];
