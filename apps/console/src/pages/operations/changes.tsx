import type { ReactNode } from 'react';
import type { Difference } from '../../api/operations-types.js';
import { operations } from '../../texts/operations.js';

const { change: t } = operations;

/** What changes from one version to another, in sales words, what breaks something first. */
export function Changes({ of: { changes } }: { readonly of: Difference }): ReactNode {
  if (changes.length === 0) return <p className="dimmed">{t.diffNothing}</p>;
  return (['breaking', 'compatible', 'cosmetic'] as const).map((kind) => {
    const some = changes.filter((change) => change.class === kind);
    return some.length === 0 ? null : (
      <div key={kind} className={`changes ${kind}`}>
        <h3>{t.classes[kind]}</h3>
        <ul>
          {some.map(({ say: what }) => (
            <li key={what}>{what}</li>
          ))}
        </ul>
      </div>
    );
  });
}
