import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import type { ProcessInFull } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { Page, Waiting } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';

/** A page about the process of the address, once it is there. */
export function OfProcess({ children }: { readonly children: (process: ProcessInFull) => ReactNode }): ReactNode {
  const { id = '' } = useParams();
  const process = useApi<ProcessInFull>(`/v1/processes/${id}`, {}, { timeless: true });
  return (
    <Answered
      of={process}
      waiting={
        <Page title={id}>
          <Waiting lines={8} />
        </Page>
      }
    >
      {children}
    </Answered>
  );
}
