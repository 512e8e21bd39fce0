import type { ConversionAnswer } from '@coxswain/projections';
import { rate } from '../words.js';
import { section, tableOf, type Section, type Table } from './blocks.js';
import { named } from './names.js';

export function conversion({ funnel, steps }: ConversionAnswer['groups'][number]): Section[] {
  const rows = (list: typeof steps): Table['rows'] =>
    list.map(({ fromLabel, toLabel, reached, open, ended }) => [`${fromLabel} to ${toLabel}`, rate(reached), open, ended]);
  const head = ['of those that entered (95 % interval)', 'may still', 'ended otherwise'];
  return [
    section(null, tableOf(['funnel', ...head], rows(funnel))),
    section(null, tableOf(['stage by stage', ...head], rows(steps))),
  ];
}

export const conversions = ({ groups }: ConversionAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, 'lead to won, of those that entered (95 % interval)', 'may still', 'ended otherwise'],
      groups.map((group) => {
        const { reached, open, ended } = group.funnel.at(-1)!;
        return [named(group), rate(reached), open, ended];
      }),
    ),
  ),
];

export const conversionNotes = ['A share of "- of 0": no deal entered in the window, so nothing can be said.'];
