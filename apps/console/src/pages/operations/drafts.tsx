import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { Draft, ProcessInFull } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import type { Page as PageOf } from '../../api/types.js';
import { FormDialog } from '../../components/form-dialog.js';
import { Link } from '../../components/link.js';
import { say } from '../../components/notices.js';
import { Empty, Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { operations } from '../../texts/operations.js';
import { namesIn } from './may-write.js';

const { change: t } = operations;

/** The drafts that are kept: opened again, walked, tried on the past, published. */
export function Drafts({
  process,
  mayWrite,
  onOpen,
}: {
  readonly process: ProcessInFull;
  readonly mayWrite: boolean;
  readonly onOpen: (text: string) => void;
}): ReactNode {
  const client = useQueryClient();
  const drafts = useApi<PageOf<Draft>>(`/v1/processes/${process.id}/drafts`, {}, { timeless: true });
  const [publishing, setPublishing] = useState<number | null>(null);
  const tryPast = async (draft: number): Promise<void> => {
    try {
      await ask(`/v1/processes/${process.id}/back-tests`, { method: 'POST', json: { draft: String(draft) } });
      await client.invalidateQueries({ queryKey: [`/v1/processes/${process.id}/back-tests`] });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), { bad: true });
    }
  };
  return (
    <Panel title={t.drafts}>
      <Answered of={drafts}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noDrafts} />
          ) : (
            <ul className="todo">
              {items.map(({ draft, note, by, savedAt }) => (
                <li key={draft} className="row">
                  <strong>{t.draft(draft)}</strong>
                  <span>{note}</span>
                  <span className="dimmed">
                    {by}, <Instant at={savedAt} relative />
                  </span>
                  <span className="grow" />
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() =>
                      void ask<string>(`/v1/processes/${process.id}/drafts/${draft}/file`, { as: 'text' }).then(onOpen)
                    }
                  >
                    {t.open}
                  </Button>
                  <Link className="plain" to={`/processes/${process.id}/try?under=draft:${draft}`}>
                    {t.walk}
                    <span className="unseen"> {t.draft(draft)}</span>
                  </Link>
                  <Button size="compact-sm" variant="default" disabled={!mayWrite} onClick={() => void tryPast(draft)}>
                    {t.tryPast}
                  </Button>
                  <Button size="compact-sm" disabled={!mayWrite} onClick={() => setPublishing(draft)}>
                    {t.publish}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
      {publishing !== null && <Publish process={process.id} draft={publishing} onClose={() => setPublishing(null)} />}
    </Panel>
  );
}

function Publish({
  process,
  draft,
  onClose,
}: {
  readonly process: string;
  readonly draft: number;
  readonly onClose: () => void;
}): ReactNode {
  const client = useQueryClient();
  const [teams, setTeams] = useState('');
  const [from, setFrom] = useState('');
  const [reviewer, setReviewer] = useState('');
  const [note, setNote] = useState('');
  const publish = async (): Promise<void> => {
    const named = namesIn(teams);
    const { version } = await ask<{ readonly version: number }>(`/v1/processes/${process}/drafts/${draft}/publish`, {
      method: 'POST',
      json: {
        ...(named && { teams: named }),
        ...(from !== '' && { effectiveFrom: new Date(from).toISOString() }),
        ...(reviewer.trim() !== '' && { reviewedBy: reviewer.trim() }),
        ...(note.trim() !== '' && { note: note.trim() }),
      },
    });
    say(t.published(version));
    void client.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === 'string' && path.startsWith('/v1/processes'),
    });
  };
  const fields = [
    [t.note, note, setNote, 'text'],
    [t.teams, teams, setTeams, 'text'],
    [t.from, from, setFrom, 'datetime-local'],
    [t.reviewer, reviewer, setReviewer, 'text'],
  ] as const;
  return (
    <FormDialog title={t.publishTitle(draft)} help={t.publishHelp} submit={t.publish} onSend={publish} onClose={onClose}>
      {fields.map(([label, value, set, type]) => (
        <label key={label} className="field">
          <span>{label}</span>
          <input type={type} value={value} onChange={({ target }) => set(target.value)} />
        </label>
      ))}
    </FormDialog>
  );
}
