import { useEffect, type ReactNode } from 'react';
import { common } from '../texts/common.js';

/** The frame of every page: its title, one line on what it is for, what can be done at the top, and the rest. */
export function Page({
  title,
  lead,
  actions,
  wide = false,
  children,
}: {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** Uses the whole width, as the board does. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · ${common.product}`;
  }, [title]);
  return (
    <div className={wide ? 'page wide' : 'page'}>
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead && <p className="dimmed">{lead}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Panel({
  title,
  aside,
  help,
  children,
  className = '',
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly help?: string;
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  return (
    <section className={`panel ${className}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside && <div className="aside">{aside}</div>}
      </header>
      {help && <p className="help">{help}</p>}
      {children}
    </section>
  );
}

/** What stands where there is nothing yet: it says what would be here and how to get it. */
export function Empty({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <p className="dimmed">{children}</p>}
      {action}
    </div>
  );
}

/** Grey lines in the place of what is on its way. */
export function Waiting({ lines = 4, height = 20 }: { readonly lines?: number; readonly height?: number }): ReactNode {
  return (
    <div className="waiting" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="skeleton" style={{ height, width: `${[100, 92, 97, 84][line % 4]}%` }} />
      ))}
    </div>
  );
}
