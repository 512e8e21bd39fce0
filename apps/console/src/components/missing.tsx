import type { ReactNode } from 'react';
import type { Blocker } from '../api/types.js';
import { sellers } from '../texts/sellers.js';

/** What a move still needs, and who could help. Where a role is missing, the sentence itself names it. */
export const Missing = ({ blockers }: { readonly blockers: readonly Blocker[] }): ReactNode => (
  <ul className="missing">
    {blockers.map(({ kind, say: what, who }) => (
      <li key={what}>
        <span aria-hidden="true">– </span>
        {what}
        {who && who.length > 0 && kind !== 'role' && (
          <span className="dimmed">
            {' '}
            {kind === 'check' ? sellers.deal.mayLetPass(who.join(', ')) : sellers.deal.canLift(who.join(', '))}
          </span>
        )}
      </li>
    ))}
  </ul>
);
