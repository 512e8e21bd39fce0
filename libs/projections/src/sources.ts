import type { Money } from '@coxswain/sales-process';
import type { Deal } from './deal.js';
import { answer, at, Tallies, type Frame } from './frame.js';
import type { SourceRow, SourcesAnswer } from './measure.js';
import { rateOf } from './rate.js';
import { valueOf } from './value.js';

/** Where leads come from, who generates them, and what becomes of them. The window selects by capture. */
export function sources(frame: Frame): SourcesAnswer {
  const tallies = new Tallies<Tally>(frame, () => ({ sources: new Map(), people: new Map() }));
  for (const deal of frame.deals) {
    if (!frame.within(deal.capturedMs)) continue;
    const tally = tallies.of(deal, deal.visits[0]);
    at(tally.sources, deal.facts.source ?? null, () => []).push(deal);
    at(tally.people, deal.facts.generatedBy ?? null, () => []).push(deal);
  }
  return answer(
    'sources',
    frame,
    tallies.groups((group, { sources, people }) => ({ group, sources: rows(sources), generatedBy: rows(people) })),
  );
}

interface Tally {
  readonly sources: Map<string | null, Deal[]>;
  readonly people: Map<string | null, Deal[]>;
}

const rows = (deals: ReadonlyMap<string | null, readonly Deal[]>): readonly SourceRow[] =>
  Array.from(deals, ([name, of]) => row(name, of)).toSorted(
    (a, b) => b.deals - a.deals || (a.name ?? '\uffff').localeCompare(b.name ?? '\uffff', 'en'),
  );

function row(name: string | null, deals: readonly Deal[]): SourceRow {
  const standing = (result: Deal['result']): number => deals.filter((deal) => deal.result === result).length;
  const [won, lost] = [standing('won'), standing('lost')];
  const wins = deals.flatMap((deal) => (deal.won ? [deal.won] : []));
  return {
    name,
    deals: deals.length,
    qualified: rateOf(deals.filter(({ qualified }) => qualified !== null).length, deals.length),
    won,
    lost,
    disqualified: deals.filter((deal) => deal.result === 'lost' && deal.qualified === null).length,
    open: standing(null),
    winRate: rateOf(won, won + lost),
    leadToWon: rateOf(wins.length, deals.length),
    wonValue: valueOf(wins.map(({ amount }): Money | null => amount)),
  };
}
