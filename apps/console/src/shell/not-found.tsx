import type { ReactNode } from 'react';
import { Link } from '../components/link.js';
import { Empty, Page } from '../components/page.js';
import { common } from '../texts/common.js';

export function NotFound(): ReactNode {
  return (
    <Page title={common.notFound.title}>
      <Empty title={common.notFound.title} action={<Link to="/day">{common.notFound.home}</Link>}>
        {common.notFound.help}
      </Empty>
    </Page>
  );
}
