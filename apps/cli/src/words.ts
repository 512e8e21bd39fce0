import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { moneyText as money, type Money } from '@coxswain/sales-process';
import type { Rate, Value } from '@coxswain/projections';

/** How figures are put into words and columns: with their units, thousands apart, and a dash for what is not known. */

export { money };

export const UNKNOWN = '-';

export const amounts = (all: readonly Money[] | null): string =>
  all === null || all.length === 0 ? UNKNOWN : all.map(money).join(' + ');

/** `EUR 12,500.00 of 3 deals, 1 without amount`; a dash where no deal has an amount. */
export function value({ amounts: all, of, withoutAmount }: Value): string {
  if (of === 0) return withoutAmount === 0 ? UNKNOWN : `${UNKNOWN} (${count(withoutAmount)} without amount)`;
  return `${amounts(all)}${withoutAmount > 0 ? ` (${count(withoutAmount)} without amount)` : ''}`;
}

/** `32.7 % of 646 (29.1 to 36.4 %)`, the brackets holding the 95 % interval; `- of 0` where there is nothing to divide by. */
export function rate({ rate: share, of, low, high }: Rate): string {
  if (share === null || low === null || high === null) return `${UNKNOWN} of ${count(of)}`;
  return `${percent(share)} of ${count(of)} (${tenths(low)} to ${tenths(high)} %)`;
}

export const percent = (share: number): string => `${tenths(share)} %`;

/** Per cent with one digit; all and none are said of all and none only. */
export function tenths(share: number): string {
  const said = (share * 100).toFixed(1);
  if (said === '100.0') return share < 1 ? '>99.9' : '100';
  return said === '0.0' && share > 0 ? '<0.1' : said === '0.0' ? '0' : said;
}

/** Days with one digit below ten, whole ones above. */
export const days = (number: number | null): string =>
  number === null ? UNKNOWN : number < 9.95 ? number.toFixed(1) : count(Math.round(number));

export const count = (number: number): string => number.toLocaleString('en');

/** `3 deals`, `1 deal`. */
export const counted = (number: number, one: string, many = `${one}s`): string => `${count(number)} ${number === 1 ? one : many}`;

/** `2026-03-31 09:30`, in UTC. A day stays a day. */
export const instant = (iso: string): string => (iso.includes('T') ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso);

const LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Whether a cell is a figure, or stands for one that is not known. */
export const isFigure = (cell: string | number): boolean => /^(?:[-+<>]?[\d.,]+(?: %)?|-|)$/.test(String(cell));

/** Columns under their headings; columns of figures stand to the right. The cells are texts of one line, dressed or not. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return `${head.join('   ')}\n(none)`;
  const drawn = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (rows.every((row) => isFigure(row[column] ?? '')) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 1 },
    chars: LINES,
  });
  for (const row of rows) drawn.push(row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)));
  const [heading = '', ...lines] = drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const widest = Math.max(...[heading, ...lines].map((line) => stripVTControlCharacters(line).length));
  return [heading, '-'.repeat(widest), ...lines].join('\n');
}

/** A text on one line and without control characters, which could command the terminal. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** An answer with every text in it on one line: what people wrote is cleaned here, before it is dressed. */
export function onOneLine<T>(answer: T): T {
  if (typeof answer === 'string') return oneLine(answer) as T;
  if (typeof answer !== 'object' || answer === null) return answer;
  if (Array.isArray(answer)) return answer.map(onOneLine) as T;
  return Object.fromEntries(Object.entries(answer).map(([name, one]) => [oneLine(name), onOneLine<unknown>(one)])) as T;
}

/** An answer as JSON. The control characters that JSON itself lets stand are escaped too. */
export const jsonText = (answer: unknown): string =>
  JSON.stringify(answer, null, 2).replaceAll(/[\u007f-\u009f]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
