import type { Money } from '@coxswain/sales-process';
import type { BridgeAnswer, BridgeBarName, BridgeEnd, BridgeEvent } from '@coxswain/projections';
import { amounts, count, instant, money, UNKNOWN } from '../words.js';
import { section, step, tableOf, type Cell, type Section } from './blocks.js';
import { named } from './names.js';

type Group = BridgeAnswer['groups'][number];

const BARS: Readonly<Record<BridgeBarName, string>> = {
  new: 'new',
  reopened: 'reopened',
  'moved-in': 'moved in',
  'handed-in': 'handed over to them',
  amount: 'amount changed',
  won: 'won',
  lost: 'lost',
  slipped: 'slipped',
  'handed-out': 'handed over to others',
};

const signed = (all: readonly Money[]): string =>
  all.length === 0 ? UNKNOWN : all.map((sum) => (sum.minor > 0 ? `+${money(sum)}` : money(sum))).join(' ');

const without = (number: number): string => (number === 0 ? '' : `${count(number)} without amount`);

/** Start, bars and end, drawn where there is one currency. */
export function bridge({ start, end, bars }: Group, { from, to, of }: BridgeAnswer): Section[] {
  const currencies = new Set(
    [start.amounts, end.amounts, ...bars.map((bar) => bar.amounts)].flat().map(({ currency }) => currency),
  );
  const minorOf = (all: readonly Money[]): number => all[0]?.minor ?? 0;
  let level = minorOf(start.amounts);
  const levels = [level];
  for (const bar of bars) levels.push((level += minorOf(bar.amounts)));
  const most = Math.max(...levels, minorOf(end.amounts));
  const drawn = (cell: Cell): Cell => (currencies.size === 1 ? cell : '');
  const whole = (end_: BridgeEnd): Cell[] => [
    end_.deals,
    amounts(end_.amounts),
    drawn(step(0, minorOf(end_.amounts), most)),
    without(end_.withoutAmount),
  ];
  const name = of === null ? 'Open deals' : `Open deals to close in ${of}`;
  const largest = bars.flatMap(({ bar, list }) =>
    list
      .slice(0, 3)
      .map((one): Cell[] => [BARS[bar], one.deal, one.owner, signed(one.amounts), one.events.map(happened).join('; ')]),
  );
  return [
    section(
      `${name}, from ${instant(from!)} to ${instant(to!)} UTC`,
      tableOf(
        ['', 'deals', 'worth', '', ''],
        [
          ['at the start', ...whole(start)],
          ...bars.map((bar, at): Cell[] => [
            BARS[bar.bar],
            bar.deals,
            signed(bar.amounts),
            drawn(step(levels[at]!, levels[at + 1]!, most)),
            without(bar.withoutAmount),
          ]),
          ['at the end', ...whole(end)],
        ],
      ),
    ),
    ...(largest.length === 0
      ? []
      : [
          section(
            'The largest of each',
            tableOf(
              ['', 'deal', 'owner', 'amount', 'what happened'],
              largest,
              '--json has the first 20 of each, with when each was recorded',
            ),
          ),
        ]),
  ];
}

function happened({ what, from, to, by, occurredAt }: BridgeEvent): string {
  const change = what === 'captured' ? '' : ` ${value(from)} -> ${value(to)}`;
  return `${instant(occurredAt).slice(0, 10)} ${what === 'close-date' ? 'close date' : what}${change}${by === null ? '' : ` by ${by}`}`;
}

/** `1250000 EUR` as money, everything else as it is. */
function value(text: string | null): string {
  const [, minor, currency] = /^(\d+) ([A-Z]{3})$/.exec(text ?? '') ?? [];
  return currency === undefined ? (text ?? 'none') : money({ minor: Number(minor), currency });
}

export const bridges = ({ groups, of }: BridgeAnswer, by: string): Section[] => [
  section(
    of === null ? null : `Open deals to close in ${of}`,
    tableOf(
      [by, 'at the start', 'came', 'amount changed', 'won', 'lost', 'slipped or handed over', 'at the end'],
      groups.map((group) => {
        const bar = (...names: BridgeBarName[]): string => {
          const sums = new Map<string, number>();
          for (const { bar: one, amounts: all } of group.bars)
            if (names.includes(one)) for (const { minor, currency } of all) sums.set(currency, (sums.get(currency) ?? 0) + minor);
          return signed(Array.from(sums, ([currency, minor]) => ({ minor, currency })));
        };
        return [
          named(group),
          amounts(group.start.amounts),
          bar('new', 'reopened', 'moved-in', 'handed-in'),
          bar('amount'),
          bar('won'),
          bar('lost'),
          bar('slipped', 'handed-out'),
          amounts(group.end.amounts),
        ];
      }),
    ),
  ),
];

export const bridgeNotes = [
  'Start and all bars together are the end, to the cent. A deal that was raised and then won counts in both: what was raised, and all of it as won. Deals that came and were closed in between count as new and as closed.',
];
