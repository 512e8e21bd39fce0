// The one event that anchors, peers and the bare store write: what a typical step of a deal looks like.
export const DATA = {
  move: 'QUALIFY',
  from: 'lead',
  to: 'qualified',
  actor: 'Ada',
  facts: { budget: true, amount: { minor: 1250000, currency: 'EUR' } },
};

export const event = (id) => ({
  id: `7c3e1f60-0000-4000-8000-${String(id).padStart(12, '0')}`,
  type: 'StageChanged',
  data: DATA,
});

/** What the peers fold a deal to, and ask before they append: about what any rule needs. */
export const START = { stage: null, steps: 0, amount: null };
export const evolve = (deal, { to, facts }) => ({ stage: to, steps: deal.steps + 1, amount: facts.amount ?? deal.amount });
export function decide(deal) {
  if (deal.stage === 'won') throw new Error('a won deal moves no more');
  return DATA;
}
