import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useRouteError } from 'react-router';
import { common } from '../texts/common.js';

/** What stands where a page could not be shown: most often a new release, whose files have other names. */
export function Broken(): ReactNode {
  const error = useRouteError();
  return (
    <main className="page">
      <div className="problem" role="alert">
        <strong>{common.broken.title}</strong>
        <p>{common.broken.help}</p>
        <p className="dimmed">{error instanceof Error ? error.message : String(error)}</p>
        <Button size="xs" onClick={() => location.reload()}>
          {common.broken.again}
        </Button>
      </div>
    </main>
  );
}
