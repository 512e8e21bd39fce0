import type { JunkGate, JunkSign, JunkWatchAnswer, Rate, Sign } from '@coxswain/projections';
import { count, counted, percent, rate, tenths, UNKNOWN } from '../words.js';
import { first, section, tableOf, type Section } from './blocks.js';
import { named } from './names.js';

type Group = JunkWatchAnswer['groups'][number];

const SAID: Readonly<Record<JunkSign, string>> = {
  placeholders: 'placeholders',
  repeated: 'same value again',
  rushed: 'within a minute',
  periodEnd: 'end of month',
  overridden: 'let pass',
};
const SIGNS = Object.keys(SAID) as JunkSign[];

export const gateName = ({ fromLabel, toLabel, track }: Pick<JunkGate, 'fromLabel' | 'toLabel' | 'track'>): string =>
  `${track === null ? '' : `${track}: `}${fromLabel} > ${toLabel}`;

/** `12.5 % of 40`. */
const share = ({ rate: of, of: all }: Rate): string => (of === null ? UNKNOWN : `${percent(of)} of ${count(all)}`);

/** `+11.2 points (4.1 to 18.0)`. */
function excess({ excess: more }: Sign): string {
  if (more === null) return UNKNOWN;
  const points = (value: number): string => `${value < 0 ? '-' : ''}${tenths(Math.abs(value))}`;
  return `${more.difference < 0 ? '' : '+'}${points(more.difference)} points (${points(more.low)} to ${points(more.high)})`;
}

export function junkWatch({ steps, placeholders, gates, overrides, repeated }: Group): Section[] {
  const out = gates.flatMap((gate) => gate.standsOut.map((sign) => ({ gate, sign })));
  const { shown, more } = first(gates);
  return [
    section(
      null,
      `${counted(steps, 'step')}; values that look like placeholders where a gate asked for one: ${rate(placeholders)}.`,
    ),
    section(
      'Stands out: more often than at all other gates, beyond chance',
      out.length === 0
        ? 'Nothing does.'
        : tableOf(
            ['gate', 'sign', 'here', 'all others', 'more by', 'values', 'deals, for example'],
            out.map(({ gate, sign }) => [
              gateName(gate),
              SAID[sign],
              share(gate[sign].here),
              share(gate[sign].rest),
              excess(gate[sign]),
              sign === 'placeholders'
                ? gate.values
                    .slice(0, 3)
                    .map(({ field, value, times }) => `${field} "${value}" ${count(times)}`)
                    .join(', ')
                : UNKNOWN,
              gate[sign].examples.slice(0, 2).join(', '),
            ]),
          ),
    ),
    section(
      'Every gate',
      tableOf(
        ['gate', 'asks for', 'steps', ...SIGNS.map((sign) => SAID[sign])],
        shown.map((gate) => [
          gateName(gate),
          gate.asks.join(', ') || UNKNOWN,
          gate.steps,
          ...SIGNS.map((sign) => share(gate[sign].here)),
        ]),
        more,
      ),
    ),
    section(
      'Checks let pass on the deals of one owner more often than on those of the others',
      overrides.length === 0
        ? 'None.'
        : tableOf(
            ['check', 'at', 'owner', 'let pass', 'all others', 'by'],
            overrides.map((one) => [
              one.check,
              `${one.from} > ${one.to}`,
              one.owner,
              rate(one.steps),
              rate(one.rest),
              one.passedBy.map(({ person, steps: times }) => `${person} ${count(times)}`).join(', '),
            ]),
          ),
    ),
    section(
      'The same value over and over',
      repeated.length === 0
        ? 'None.'
        : tableOf(
            ['field', 'value', 'by', 'of the deals they gave one for', 'all others'],
            repeated.map((one) => [one.field, one.value, one.by, rate(one.deals), rate(one.rest)]),
          ),
    ),
  ];
}

export const junkGates = ({ groups }: JunkWatchAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, 'steps', 'placeholders where a gate asked', 'gates that stand out'],
      groups.map((group) => [
        named(group),
        group.steps,
        rate(group.placeholders),
        group.gates
          .filter(({ standsOut }) => standsOut.length > 0)
          .map((gate) => gateName(gate))
          .join(', ') || UNKNOWN,
      ]),
    ),
  ),
];

export const junkWatchNotes = [
  'Within a minute: of the step before it. End of month: its last three days. Same value again: given by somebody for half of their deals and more, and not by the others.',
  'A sign says where to look, and accuses nobody: a gate that asks too early is passed with whatever gets one past it. Look at the deals, then at the gate.',
  'Of forty figures that are like the others, one or so stands out by chance alone. What asks for a value seldom given is compared with few.',
];
