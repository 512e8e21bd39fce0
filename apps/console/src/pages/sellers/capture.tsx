import { useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { capture } from '../../api/changes.js';
import { refreshDeal } from '../../api/queries.js';
import type { ProcessDefinition } from '../../api/types.js';
import { FormDialog } from '../../components/form-dialog.js';
import { say } from '../../components/notices.js';
import { sellers } from '../../texts/sellers.js';

const { capture: t } = sellers;

/** A new lead: only whose it is; the process asks for the rest when it needs it. */
export function Capture({
  definition,
  onClose,
}: {
  readonly definition: ProcessDefinition;
  readonly onClose: () => void;
}): ReactNode {
  const [account, setAccount] = useState('');
  const navigate = useNavigate();
  const client = useQueryClient();
  const save = async (): Promise<void> => {
    const { id } = await capture(definition.id, account.trim(), {});
    await refreshDeal(client, id);
    say(t.done(account.trim()));
    void navigate(`/deals/${encodeURIComponent(id)}`);
  };
  return (
    <FormDialog title={t.title} submit={t.capture} ready={account.trim() !== ''} onSend={save} onClose={onClose}>
      <label className="field">
        <span>{t.account}</span>
        <input value={account} onChange={({ target }) => setAccount(target.value)} />
      </label>
    </FormDialog>
  );
}
