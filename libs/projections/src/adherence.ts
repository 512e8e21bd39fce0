import type { Deal, DealStep } from './deal.js';
import type { Broke } from './deal-entry.js';
import { answer, at, firstById, Tallies, type Frame } from './frame.js';
import type { AdherenceAnswer, Deviation, Override, Variant } from './measure.js';
import { rateOf } from './rate.js';

const MOST_EXAMPLES = 5;
const MOST_VARIANTS = 20;

/**
 * Who follows the process in force: the steps that people took within the window (or that imported history tells), those that deviate
 * and why, the checks that were let pass, and the paths the deals took. What the engine does by itself (joins, time limits) always
 * follows the process and is not counted.
 */
export function adherence(frame: Frame): AdherenceAnswer {
  const tallies = new Tallies<Tally>(frame, () => ({ deals: [], steps: [] }));
  for (const deal of frame.deals) {
    const steps = deal.steps.filter(
      ({ cause, occurredMs }) => (cause === 'move' || cause === 'import') && frame.within(occurredMs),
    );
    if (steps.length === 0) continue;
    tallies.of(deal).deals.push({ deal, conforming: steps.every(({ conforming }) => conforming) });
    for (const step of steps) tallies.of(deal, step).steps.push({ deal, step });
  }
  return answer(
    'adherence',
    frame,
    tallies.groups((group, { deals, steps }) => ({
      group,
      deals: rateOf(deals.filter(({ conforming }) => conforming).length, deals.length),
      steps: rateOf(steps.filter(({ step }) => step.conforming).length, steps.length),
      overriddenSteps: rateOf(steps.filter(({ step }) => step.overridden.length > 0).length, steps.length),
      deviations: deviations(steps),
      overrides: overrides(steps),
      variants: variants(deals.map(({ deal }) => deal)),
    })),
  );
}

interface Tally {
  readonly deals: { readonly deal: Deal; readonly conforming: boolean }[];
  readonly steps: Taken[];
}

interface Taken {
  readonly deal: Deal;
  readonly step: DealStep;
}

/** Deviating steps by what they broke; a step that broke several things is in several rows, once in each. */
function deviations(steps: readonly Taken[]): readonly Deviation[] {
  const found = new Map<string, { readonly broke: Broke; readonly taken: (Taken & { readonly say: string })[] }>();
  for (const { deal, step } of steps) {
    if (step.conforming) continue;
    const broken = new Map(step.broke.map((broke) => [`${broke.kind} ${whatOf(broke, step) ?? ''}`, broke]));
    for (const [key, broke] of broken) {
      const { say } = broke;
      at(found, key, () => ({ broke: { ...broke, what: whatOf(broke, step) }, taken: [] })).taken.push({ deal, step, say });
    }
  }
  return Array.from(found.values(), ({ broke: { kind, what }, taken }): Deviation => {
    const examples = firstById(taken, MOST_EXAMPLES, ({ deal }) => deal.id).map(
      ({ deal, step: { from, to, occurredAt }, say }) => ({ deal: deal.id, from, to, occurredAt, say }),
    );
    return { kind, what, ...sizes(taken), examples };
  }).toSorted(mostFirst((one) => `${one.kind} ${one.what ?? ''}`));
}

const whatOf = ({ kind, what }: Broke, { from, to }: DealStep): string | null =>
  what ?? (kind === 'path' ? `${from} -> ${to}` : null);

function overrides(steps: readonly Taken[]): readonly Override[] {
  const found = new Map<string, { readonly check: string; readonly by: string; readonly taken: Taken[] }>();
  for (const taken of steps) {
    const { by, overridden } = taken.step;
    for (const check of overridden) at(found, JSON.stringify([check, by]), () => ({ check, by, taken: [] })).taken.push(taken);
  }
  return Array.from(found.values(), ({ check, by, taken }): Override => ({ check, by, ...sizes(taken) })).toSorted(
    mostFirst((one) => `${one.check} ${one.by}`),
  );
}

const sizes = (taken: readonly Taken[]): { readonly steps: number; readonly deals: number } => ({
  steps: taken.length,
  deals: new Set(taken.map(({ deal }) => deal.id)).size,
});

const mostFirst =
  <Row extends { readonly steps: number }>(name: (row: Row) => string) =>
  (a: Row, b: Row): number =>
    b.steps - a.steps || (name(a) < name(b) ? -1 : 1);

/** Distinct paths, whole and up to the clock, not only what lies within the window. */
function variants(deals: readonly Deal[]): { readonly total: number; readonly top: readonly Variant[] } {
  const paths = new Map<string, { readonly path: readonly string[]; deals: number }>();
  for (const { visits } of deals) {
    const path = visits.map(({ stage }) => stage);
    at(paths, path.join('\n'), () => ({ path, deals: 0 })).deals++;
  }
  const top = [...paths]
    .toSorted(([a, one], [b, other]) => other.deals - one.deals || (a < b ? -1 : 1))
    .slice(0, MOST_VARIANTS)
    .map(([, one]) => ({ path: one.path, deals: one.deals, share: one.deals / deals.length }));
  return { total: paths.size, top };
}
