import type { Attribution, Deal } from './deal.js';
import { answer, Tallies, type Frame } from './frame.js';
import type { ConversionAnswer, ConversionStep } from './measure.js';
import { rateOf } from './rate.js';

/**
 * Cohort conversion: of the deals that entered A within the window, how many entered B afterwards, at any time up to the clock.
 * A deal counts once a pair, by its first entry into A within the window.
 */
export function conversion(frame: Frame): ConversionAnswer {
  const { lineage, within } = frame;
  const stages = lineage.stages.filter(({ stage }) => lineage.latest?.definition.stages[stage]?.result !== 'lost');
  const pairs = stages.slice(1).map((to, index) => ({ from: stages[index]!, to }));

  const tallies = new Tallies<Tally>(frame, () => ({ steps: pairs.map(nothing), funnel: FUNNEL.map(nothing) }));
  for (const deal of frame.deals) {
    pairs.forEach(({ from, to }, pair) => {
      const entry = deal.visits.findIndex(({ stage, enteredMs }) => stage === from.stage && within(enteredMs));
      if (entry < 0) return;
      const reached = deal.visits.some(({ stage }, index) => index > entry && stage === to.stage);
      const open = deal.result === null || (deal.result === 'won' && to.phase === 'customer');
      count(tallies.of(deal, deal.visits[entry]).steps[pair]!, reached, open);
    });
    FUNNEL.forEach(({ start, end }, pair) => {
      const entry = start(deal);
      if (entry && within(entry.ms)) count(tallies.of(deal, entry.moment).funnel[pair]!, end(deal), deal.result === null);
    });
  }
  return answer(
    'conversion',
    frame,
    tallies.groups((group, { steps, funnel }) => ({
      group,
      steps: steps.map((counts, pair) => {
        const { from, to } = pairs[pair]!;
        return { from: from.stage, fromLabel: from.label, to: to.stage, toLabel: to.label, ...converted(counts) };
      }),
      funnel: funnel.map((counts, pair) => {
        const { from, to } = FUNNEL[pair]!;
        return { from, fromLabel: LABELS[from], to, toLabel: LABELS[to], ...converted(counts) };
      }),
    })),
  );
}

interface Tally {
  readonly steps: Counts[];
  readonly funnel: Counts[];
}

interface Counts {
  entered: number;
  reached: number;
  open: number;
}

const nothing = (): Counts => ({ entered: 0, reached: 0, open: 0 });

function count(counts: Counts, reached: boolean, open: boolean): void {
  counts.entered++;
  if (reached) counts.reached++;
  else if (open) counts.open++;
}

const converted = ({ entered, reached, open }: Counts): Pick<ConversionStep, 'reached' | 'open' | 'ended'> => ({
  reached: rateOf(reached, entered),
  open,
  ended: entered - reached - open,
});

type Entry = (deal: Deal) => { readonly ms: number; readonly moment: Attribution } | null;

const asLead: Entry = ({ visits: [first], capturedMs }) => (first?.phase === 'lead' ? { ms: capturedMs, moment: first } : null);
const asQualified: Entry = ({ qualified }) => qualified && { ms: qualified.atMs, moment: qualified };

const LABELS = { lead: 'Lead', qualified: 'Qualified', won: 'Won' };

const FUNNEL = [
  { from: 'lead', to: 'qualified', start: asLead, end: ({ qualified }: Deal) => qualified !== null },
  { from: 'qualified', to: 'won', start: asQualified, end: ({ won }: Deal) => won !== null },
  { from: 'lead', to: 'won', start: asLead, end: ({ won }: Deal) => won !== null },
] as const;
