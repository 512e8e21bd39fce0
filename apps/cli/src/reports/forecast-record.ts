import type { Money } from '@coxswain/sales-process';
import type { ForecastRecordAnswer, SaidRecord } from '@coxswain/projections';
import { count, counted, instant, money, rate, UNKNOWN } from '../words.js';
import { first, section, tableOf, type Cell, type Section } from './blocks.js';
import { METHODS, sharesOff, signedShare } from './methods.js';
import { named } from './names.js';

type Group = ForecastRecordAnswer['groups'][number];

const HOW = ['said', 'off by', 'bias', 'between p10 and p90'];
const how = ({ said, wape, bias, within }: SaidRecord): Cell[] => [
  said,
  sharesOff(wape),
  signedShare(bias),
  within.of === 0 ? UNKNOWN : rate(within),
];
const sum = (amount: Money | null): string => (amount === null ? UNKNOWN : money(amount));
const who = ({ owner, team }: { readonly owner: string | null; readonly team: string | null }): string =>
  owner ?? (team === null ? 'all' : `team ${team}`);

export function record({ scored, waiting, nextEnd, methods, calls, leadTimes, list }: Group): Section[] {
  const left =
    waiting === 0
      ? ''
      : ` ${count(waiting)} more are of periods that are not over yet, the first of which ends before ${nextEnd}.`;
  if (scored === 0)
    return [
      section(
        null,
        `Nothing has been scored yet.${left || ' No forecast was issued and no call was made: the service issues forecasts by itself once a week, and "coxswain forecast issue" does at once.'}`,
      ),
    ];
  const { shown, more } = first(list);
  return [
    section(null, `${counted(scored, 'forecast or call', 'forecasts and calls')} scored.${left}`),
    section(
      'Issued by the engine',
      tableOf(
        ['method', ...HOW],
        methods.map((one) => [METHODS[one.method], ...how(one)]),
      ),
    ),
    ...(calls.length === 0
      ? []
      : [
          section(
            'Called by people',
            tableOf(
              ['who', 'call', ...HOW.slice(0, -1)],
              calls.map((one) => [who(one), one.kind, ...how(one).slice(0, -1)]),
            ),
          ),
        ]),
    section(
      'By how many days before the end of the period it was said',
      tableOf(
        ['days before', 'forecasts', 'off by', 'bias', 'commits', 'off by', 'bias'],
        leadTimes.map(({ days, blend, commits }) => [days, ...how(blend).slice(0, 3), ...how(commits).slice(0, 3)]),
      ),
    ),
    section(
      'The latest',
      tableOf(
        ['said, UTC', 'by', 'what', 'period', 'said it would be', 'p10', 'p90', 'came in', 'error'],
        shown.map((one) => [
          instant(one.saidAt),
          who(one),
          one.kind,
          one.period,
          sum(one.said),
          sum(one.p10),
          sum(one.p90),
          sum(one.actual),
          sum(one.error),
        ]),
        more,
      ),
    ),
  ];
}

export const records = ({ groups }: ForecastRecordAnswer, by: string): Section[] => [
  section(
    null,
    tableOf(
      [by, ...HOW, 'commits', 'off by', 'bias'],
      groups.map((group) => {
        const commits = group.calls.find(({ kind }) => kind === 'commit');
        return [named(group), ...how(group.methods[0]!), ...(commits ? how(commits).slice(0, 3) : [0, UNKNOWN, UNKNOWN])];
      }),
    ),
  ),
];

export const recordNotes = [
  '"Off by" is the sum of the errors / the sum of what came in. A bias above 0 promised too much. What is said of one period several times counts each time.',
];
