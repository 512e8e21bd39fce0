import type { Deal } from './deal.js';
import { answer, at, Tallies, type Frame } from './frame.js';
import type { SourceRow, SourcesAnswer } from './measure.js';
import { rateOf } from './rate.js';
import { ValueSum } from './value.js';

/** Where leads come from, who generates them, and what becomes of them. The window selects by capture. */
export function sources(frame: Frame): SourcesAnswer {
  const tallies = new Tallies<Tally>(frame, () => ({ sources: new Map(), people: new Map() }));
  for (const deal of frame.deals) {
    if (!frame.within(deal.capturedMs)) continue;
    const tally = tallies.of(deal, deal.visits[0]);
    at(tally.sources, deal.facts.source ?? null, () => new Counts()).add(deal);
    at(tally.people, deal.facts.generatedBy ?? null, () => new Counts()).add(deal);
  }
  return answer(
    'sources',
    frame,
    tallies.groups((group, { sources, people }) => ({ group, sources: rows(sources), generatedBy: rows(people) })),
  );
}

interface Tally {
  readonly sources: Map<string | null, Counts>;
  readonly people: Map<string | null, Counts>;
}

const rows = (counts: ReadonlyMap<string | null, Counts>): readonly SourceRow[] =>
  Array.from(counts, ([name, of]) => of.row(name)).toSorted(
    (a, b) => b.deals - a.deals || (a.name ?? '\uffff').localeCompare(b.name ?? '\uffff', 'en'),
  );

/** What became of the deals of one source; a deal is counted and not kept. */
class Counts {
  private deals = 0;
  private qualified = 0;
  private won = 0;
  private lost = 0;
  private disqualified = 0;
  private wins = 0;
  private readonly value = new ValueSum();

  add({ result, qualified, won }: Deal): void {
    this.deals++;
    if (qualified) this.qualified++;
    if (result === 'won') this.won++;
    if (result === 'lost') {
      this.lost++;
      if (!qualified) this.disqualified++;
    }
    if (!won) return;
    this.wins++;
    this.value.add(won.amount?.minor ?? 0, won.amount?.currency ?? null);
  }

  row(name: string | null): SourceRow {
    const { deals, won, lost } = this;
    return {
      name,
      deals,
      qualified: rateOf(this.qualified, deals),
      won,
      lost,
      disqualified: this.disqualified,
      open: deals - won - lost,
      winRate: rateOf(won, won + lost),
      leadToWon: rateOf(this.wins, deals),
      wonValue: this.value.value,
    };
  }
}
