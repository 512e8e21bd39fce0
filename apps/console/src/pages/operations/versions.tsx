import { useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import type { Difference, ProcessInFull, VersionOfProcess } from '../../api/operations-types.js';
import { useApi } from '../../api/queries.js';
import { useAsOf, useUrlState } from '../../as-of.js';
import { download } from '../../components/download.js';
import { FormDialog } from '../../components/form-dialog.js';
import { Figure } from '../../components/link.js';
import { say } from '../../components/notices.js';
import { Panel } from '../../components/page.js';
import { Answered } from '../../components/problem-box.js';
import { Instant } from '../../components/shown.js';
import { Table } from '../../components/table.js';
import { count } from '../../format.js';
import { operations } from '../../texts/operations.js';
import { Changes } from './changes.js';
import { namesIn, useMayWrite } from './may-write.js';

const { process: p, versions: t } = operations;

type Act = { readonly act: 'rollOut' | 'retire'; readonly version: VersionOfProcess };

/** The versions of a process: for whom each is in force, how many deals run under it, its file, and what changes from one to another. */
export function Versions({ process }: { readonly process: ProcessInFull }): ReactNode {
  const c = p.versionColumns;
  const mayWrite = useMayWrite();
  const asOf = useAsOf();
  const [act, setAct] = useState<Act | null>(null);
  const useOf = (version: number) => process.use.find((one) => one.version === version);
  const known = asOf === null ? process.versions : process.versions.filter(({ publishedAt }) => publishedAt <= asOf);
  const keep = async ({ version }: VersionOfProcess): Promise<void> => {
    const file = await ask<string>(`/v1/processes/${process.id}/versions/${version}/file`, { as: 'text' });
    download(
      `${process.id}.v${version}.process.${file.trimStart().startsWith('{') ? 'json' : 'yaml'}`,
      'text/plain;charset=utf-8',
      file,
    );
  };
  return (
    <Panel title={p.versions}>
      <Table
        caption={p.versions}
        name={`${process.id}-versions`}
        sortName="versions"
        rows={known.toReversed()}
        rowKey={({ version }) => String(version)}
        columns={[
          { key: 'version', label: c.version, value: ({ version }) => version, show: ({ version }) => version },
          {
            key: 'published',
            label: c.since,
            value: ({ publishedAt }) => publishedAt,
            show: ({ publishedAt }) => <Instant at={publishedAt} />,
          },
          {
            key: 'from',
            label: c.from,
            value: ({ effectiveFrom }) => effectiveFrom,
            show: ({ effectiveFrom }) => (effectiveFrom === null ? p.atOnce : <Instant at={effectiveFrom} />),
          },
          {
            key: 'teams',
            label: c.teams,
            value: ({ teams }) => teams?.join(', ') ?? null,
            show: ({ teams }) => teams?.join(', ') ?? p.allTeams,
          },
          { key: 'by', label: c.by, value: ({ by }) => by, show: ({ by }) => by },
          {
            key: 'reviewed',
            label: c.reviewed,
            value: ({ reviewedBy }) => reviewedBy,
            show: ({ reviewedBy }) => reviewedBy ?? '–',
          },
          {
            key: 'deals',
            label: c.deals,
            align: 'right',
            value: ({ version }) => useOf(version)?.deals ?? 0,
            show: ({ version }) => (
              <Figure to={`/deals?process=${process.id}&version=${version}`} of={c.deals}>
                {count(useOf(version)?.deals ?? 0)}
              </Figure>
            ),
          },
          {
            key: 'open',
            label: c.open,
            align: 'right',
            value: ({ version }) => useOf(version)?.open ?? 0,
            show: ({ version }) => (
              <Figure to={`/deals?process=${process.id}&version=${version}&result=open`} of={c.open}>
                {count(useOf(version)?.open ?? 0)}
              </Figure>
            ),
          },
          {
            key: 'note',
            label: c.note,
            value: ({ note }) => note,
            show: ({ note, retiredAt }) => (retiredAt ? p.retired(retiredAt.slice(0, 10)) : (note ?? '–')),
          },
          {
            key: 'acts',
            label: c.acts,
            value: () => null,
            show: (version) => (
              <span className="row nowrap">
                <button type="button" className="plain" onClick={() => void keep(version)}>
                  ↓ {t.file}
                  <span className="unseen"> {t.version(version.version)}</span>
                </button>
                {mayWrite && version.retiredAt === null && (
                  <>
                    <button type="button" className="plain" onClick={() => setAct({ act: 'rollOut', version })}>
                      {t.rollOut}
                      <span className="unseen"> {t.version(version.version)}</span>
                    </button>
                    <button type="button" className="plain" onClick={() => setAct({ act: 'retire', version })}>
                      {t.retire}
                      <span className="unseen"> {t.version(version.version)}</span>
                    </button>
                  </>
                )}
              </span>
            ),
          },
        ]}
      />
      {known.length > 1 && <Compare process={process} versions={known} />}
      {act && <ActOn process={process.id} {...act} onClose={() => setAct(null)} />}
    </Panel>
  );
}

function ActOn({ process, act, version, onClose }: Act & { readonly process: string; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [teams, setTeams] = useState(version.teams?.join(', ') ?? '');
  const [note, setNote] = useState('');
  const isRollOut = act === 'rollOut';
  const send = async (): Promise<void> => {
    await ask(`/v1/processes/${process}/versions/${version.version}/${isRollOut ? 'roll-out' : 'retire'}`, {
      method: 'POST',
      json: { ...(isRollOut && { teams: namesIn(teams) }), ...(note.trim() !== '' && { note: note.trim() }) },
    });
    say(isRollOut ? t.rolledOut(version.version, namesIn(teams)?.join(', ') ?? p.allTeams) : t.isRetired(version.version));
    void client.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === 'string' && path.startsWith('/v1/processes'),
    });
  };
  return (
    <FormDialog
      title={isRollOut ? t.rollOutTitle(version.version) : t.retireTitle(version.version)}
      help={isRollOut ? t.rollOutHelp : t.retireHelp}
      submit={isRollOut ? t.rollOut : t.retire}
      onSend={send}
      onClose={onClose}
    >
      {isRollOut && (
        <label className="field">
          <span>{t.teams}</span>
          <input value={teams} onChange={({ target }) => setTeams(target.value)} />
        </label>
      )}
      <label className="field">
        <span>{t.why}</span>
        <input value={note} onChange={({ target }) => setNote(target.value)} />
      </label>
    </FormDialog>
  );
}

/** What changes between two versions; which two stands in the address. */
function Compare({
  process,
  versions,
}: {
  readonly process: ProcessInFull;
  readonly versions: readonly VersionOfProcess[];
}): ReactNode {
  const [saidFrom, setFrom] = useUrlState('from');
  const [saidTo, setTo] = useUrlState('to');
  const numbers = versions.map(({ version }) => String(version));
  const from = numbers.find((one) => one === saidFrom) ?? numbers.at(-2)!;
  const to = numbers.find((one) => one === saidTo) ?? numbers.at(-1)!;
  const diff = useApi<Difference>(`/v1/processes/${process.id}/diff`, { from, to }, { timeless: true, enabled: from !== to });
  const choice = (label: string, value: string, set: (value: string) => void): ReactNode => (
    <label className="field inline">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => set(target.value)}>
        {numbers.map((one) => (
          <option key={one} value={one}>
            {t.version(Number(one))}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <section aria-label={t.compare}>
      <h3>{t.compare}</h3>
      <div className="row filters">
        {choice(t.from, from, setFrom)}
        {choice(t.to, to, setTo)}
      </div>
      {from === to ? <p className="dimmed">{t.same}</p> : <Answered of={diff}>{(found) => <Changes of={found} />}</Answered>}
    </section>
  );
}
