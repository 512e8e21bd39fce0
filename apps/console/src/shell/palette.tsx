import { useDeferredValue, useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { DEALS, useApi } from '../api/queries.js';
import type { DealRow, Page } from '../api/types.js';
import { useAsOf, withAsOf } from '../as-of.js';
import { Dialog } from '../components/dialog.js';
import { money } from '../format.js';
import { common } from '../texts/common.js';
import { GROUPS } from './navigation.js';

interface Choice {
  readonly key: string;
  readonly label: string;
  readonly note: string;
  readonly to: string;
}

const MOST_DEALS = 8;

/** Types its way to a page or a deal. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [said, setSaid] = useState('');
  const [at, setAt] = useState(0);
  const asked = useDeferredValue(said.trim());
  const navigate = useNavigate();
  const asOf = useAsOf();
  const list = useId();
  const found = useApi<Page<DealRow>>(DEALS, { q: asked, limit: MOST_DEALS }, { enabled: asked.length >= 2, keep: true });

  const words = said.trim().toLowerCase();
  const pages = GROUPS.flatMap(({ label: group, places }) =>
    places
      .filter(({ label }) => `${group} ${label}`.toLowerCase().includes(words))
      .map(({ to, label }): Choice => ({ key: to, label, note: group, to })),
  );
  const deals = (asked.length >= 2 ? (found.data?.items ?? []) : []).map(({ id, account, stage, amount }): Choice => ({
    key: id,
    label: account ?? id,
    note: [account === null ? null : id, stage, amount && money(amount, 'whole')].filter(Boolean).join(' · '),
    to: `/deals/${encodeURIComponent(id)}`,
  }));
  const choices = [...deals, ...pages];
  const chosen = Math.min(at, choices.length - 1);

  const go = ({ to }: Choice): void => {
    onClose();
    void navigate(withAsOf(to, asOf));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((chosen + step + choices.length) % Math.max(1, choices.length));
    } else if (event.key === 'Enter' && choices[chosen]) {
      event.preventDefault();
      go(choices[chosen]);
    }
  };
  return (
    <Dialog title={common.palette.title} onClose={onClose} size="palette">
      <input
        className="palette-input"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={choices[chosen] ? `${list}-${chosen}` : undefined}
        aria-label={common.palette.hint}
        placeholder={common.palette.hint}
        value={said}
        onChange={({ target }) => {
          setSaid(target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <ul id={list} role="listbox" aria-label={common.palette.title} className="palette-list">
        {choices.map((choice, index) => (
          <li
            key={choice.key}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            ref={(element) => void (index === chosen && element?.scrollIntoView({ block: 'nearest' }))}
            onClick={() => go(choice)}
            onPointerMove={() => setAt(index)}
          >
            <strong>{choice.label}</strong> <span className="dimmed">{choice.note}</span>
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className="dimmed">{common.palette.none}</p>}
    </Dialog>
  );
}
