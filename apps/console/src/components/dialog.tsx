import { useEffect, useId, useRef, type ReactNode } from 'react';
import { common } from '../texts/common.js';

const FIRST = '[data-autofocus="true"], .dialog-body > :not(header) :is(input, select, textarea), .dialog-body > input';

/** A dialog of the browser's own: it keeps the focus, closes with Esc, and gives the focus back to where it was. */
export function Dialog({
  title,
  onClose,
  children,
  size = 'form',
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 'form' | 'wide' | 'palette';
}): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current!;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    // Whoever opens a form wants its first field, and not the way out.
    dialog.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={`dialog ${size}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === ref.current && onClose()}
    >
      <div className="dialog-body">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" className="plain icon" aria-label={common.close} onClick={onClose}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
