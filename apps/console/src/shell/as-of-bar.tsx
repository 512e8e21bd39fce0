import { useState, type FormEvent, type ReactNode } from 'react';
import { Button, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useHearing } from '../api/live.js';
import { useRenewing } from '../api/queries.js';
import { speakAs, useMe } from '../api/session.js';
import { useAsOf, useUrlState } from '../as-of.js';
import { Dialog } from '../components/dialog.js';
import { Link } from '../components/link.js';
import { instant, localInput } from '../format.js';
import { common } from '../texts/common.js';

const DAY_MS = 86_400_000;

/** The bar on top of everything: which instant is looked at, who looks, and whether the service is heard. */
export function AsOfBar({
  onSearch,
  onKeys,
  menuOpen,
  onMenu,
}: {
  readonly onSearch: () => void;
  readonly onKeys: () => void;
  readonly menuOpen: boolean;
  readonly onMenu: () => void;
}): ReactNode {
  const asOf = useAsOf();
  const [, setAsOf] = useUrlState('asOf');
  const [picking, setPicking] = useState(false);
  const hearing = useHearing();
  const isRenewing = useRenewing();
  const heard = isRenewing ? common.live.renewing : common.live.live;
  return (
    <header className="bar">
      <div className="bar-row">
        <button
          type="button"
          className="plain icon menu-button"
          aria-label={common.menu}
          aria-expanded={menuOpen}
          aria-controls="menu"
          onClick={onMenu}
        >
          ☰
        </button>
        <Link to="/" className="brand">
          {common.product}
        </Link>
        <button
          id="as-of-open"
          type="button"
          className="as-of-open"
          title={common.asOf.hint}
          aria-haspopup="dialog"
          onClick={() => setPicking(true)}
        >
          <span className="dimmed">{common.asOf.label}</span>{' '}
          <strong>{asOf === null ? common.asOf.now : common.asOf.at(instant(asOf))}</strong> <span aria-hidden="true">▾</span>
        </button>
        {asOf === null && (
          <span className={`hearing ${hearing}`} role="status">
            <span aria-hidden="true">●</span>{' '}
            {hearing === 'starting' ? common.live.starting : hearing === 'live' ? heard : common.live.silent}
          </span>
        )}
        <span className="grow" />
        <button type="button" className="plain search" onClick={onSearch}>
          <span className="narrow" aria-hidden="true">
            ⌕
          </span>
          <span className="wide">{common.palette.open}</span> <kbd>Ctrl K</kbd>
        </button>
        <button type="button" className="plain icon" aria-label={common.keys.title} onClick={onKeys}>
          ?
        </button>
        <span className="at-desk row nowrap">
          <Colours />
          <Who />
        </span>
      </div>
      {asOf !== null && (
        <div className="past-note" role="status">
          <span>{common.asOf.past(instant(asOf))}</span>
          <Button size="compact-sm" variant="white" color="dark" onClick={() => setAsOf(null)}>
            {common.asOf.back}
          </Button>
        </div>
      )}
      {picking && <Pick asOf={asOf} onClose={() => setPicking(false)} onPick={setAsOf} />}
    </header>
  );
}

function Pick({
  asOf,
  onClose,
  onPick,
}: {
  readonly asOf: string | null;
  readonly onClose: () => void;
  readonly onPick: (at: string | null) => void;
}): ReactNode {
  const [at, setAt] = useState(localInput(asOf ?? new Date(Date.now() - 30 * DAY_MS).toISOString()));
  const [wrong, setWrong] = useState(false);
  const show = (value: string): void => {
    const date = new Date(value);
    if (Number.isNaN(date.getTime()) || date.getTime() >= Date.now()) return setWrong(true);
    onPick(date.toISOString());
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    show(at);
  };
  const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  return (
    <Dialog title={common.asOf.pick} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>{common.asOf.when}</span>
          <input
            type="datetime-local"
            value={at}
            max={localInput(new Date().toISOString())}
            aria-invalid={wrong}
            aria-describedby={wrong ? 'as-of-wrong' : undefined}
            onChange={({ target }) => setAt(target.value)}
          />
        </label>
        {wrong && (
          <p id="as-of-wrong" className="wrong" role="alert">
            {common.asOf.notYet}
          </p>
        )}
        <div className="row">
          {common.asOf.shortcuts.map(([label, days]) => (
            <Button key={label} size="compact-sm" variant="default" onClick={() => show(ago(days))}>
              {label}
            </Button>
          ))}
        </div>
        <div className="row end">
          {asOf !== null && (
            <Button
              variant="default"
              onClick={() => {
                onPick(null);
                onClose();
              }}
            >
              {common.asOf.back}
            </Button>
          )}
          <Button type="submit">{common.asOf.show}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who looks, and in which colours: on a phone it stands below the menu. */
export const Yourself = (): ReactNode => (
  <div className="on-phone row">
    <Who />
    <span className="grow" />
    <Colours />
  </div>
);

const SCHEMES: readonly MantineColorScheme[] = ['auto', 'light', 'dark'];
const SIGNS = { auto: '◐', light: '☀', dark: '☾' } as const;

function Colours(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length]!;
  return (
    <button
      type="button"
      className="plain icon"
      aria-label={`${common.theme.label}: ${common.theme[colorScheme]}`}
      title={`${common.theme.label}: ${common.theme[colorScheme]}`}
      onClick={() => setColorScheme(next)}
    >
      <span aria-hidden="true">{SIGNS[colorScheme]}</span> <small>{common.theme[colorScheme]}</small>
    </button>
  );
}

function Who(): ReactNode {
  const { name, roles, team } = useMe();
  return (
    <span className="who">
      <span title={[...roles, ...(team === null ? [] : [team])].join(', ')}>
        {name}
        <small>{roles.join(', ')}</small>
      </span>
      <button type="button" className="plain" onClick={() => speakAs(null)}>
        {common.signOut}
      </button>
    </span>
  );
}
