import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { common } from '../texts/common.js';
import { Dialog } from './dialog.js';
import { ProblemBox } from './problem-box.js';

/** A dialog that asks for something and sends it. It closes when that went well; what the service says against it stays in the dialog, with all that was typed. */
export function FormDialog({
  title,
  help,
  submit,
  ready = true,
  onSend,
  onClose,
  children,
}: {
  readonly title: string;
  readonly help?: string;
  /** What the button says that sends it. */
  readonly submit: string;
  readonly ready?: boolean;
  readonly onSend: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  return (
    <Dialog title={title} onClose={onClose}>
      {/* What does not fit is told by the service, in its own words, beside all else that does not. */}
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setSending(true);
          onSend()
            .then(onClose, setProblem)
            .finally(() => setSending(false));
        }}
      >
        {help !== undefined && <p className="help">{help}</p>}
        {children}
        {problem !== null && <ProblemBox problem={problem} />}
        <div className="row end">
          <Button variant="default" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" disabled={!ready} loading={sending}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
