import { useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { makeMove, wayBack } from '../../api/changes.js';
import { newKey, Problem } from '../../api/client.js';
import { useRefresh } from '../../api/queries.js';
import { useMe } from '../../api/session.js';
import type { DealView, PossibleMove, ProcessDefinition } from '../../api/types.js';
import { Dialog } from '../../components/dialog.js';
import { say } from '../../components/notices.js';
import { ProblemBox } from '../../components/problem-box.js';
import { fact } from '../../format.js';
import { common } from '../../texts/common.js';
import { sellers } from '../../texts/sellers.js';
import { FactInput, factOf, typedOf } from './fact-input.js';

const { deal: t, board: b } = sellers;

/** The facts that a move asks for: what must be recorded, and what its checks read. */
export function fieldsAsked(move: PossibleMove, definition: ProcessDefinition, stage: string): readonly string[] {
  const own = moveOf(move, definition, stage);
  const read = move.blockers.flatMap(({ field }) => (field === undefined ? [] : [field]));
  const checked = (own?.checks ?? []).flatMap(({ when }) => Array.from(when.matchAll(/\bdeal\.(\w+)/g), ([, name]) => name!));
  return [...new Set([...(own?.needs ?? []), ...read, ...checked])].filter((name) => definition.fields[name] !== undefined);
}

function moveOf({ move, track }: PossibleMove, { stages }: ProcessDefinition, stage: string) {
  const here = stages[stage];
  if (move === null || !here) return undefined;
  if (track === null) return here.moves[move];
  return Object.values(here.tracks[track]?.stages ?? {})
    .map(({ moves }) => moves[move])
    .find((one) => one !== undefined);
}

/** Makes a move that asks for nothing, or for what is there. Says where the deal stands now, with a way back where the process has one. */
export function useMover(): (
  view: DealView,
  move: PossibleMove,
  definition: ProcessDefinition,
  asked?: Parameters<typeof makeMove>[3],
  key?: string,
) => Promise<void> {
  const refresh = useRefresh();
  return async ({ opportunity: deal, revision }, move, { stages }, asked = {}, key = newKey()) => {
    await makeMove(deal.id, revision, move.move!, asked, key);
    const now = await refresh(deal.id);
    const back =
      move.track === null && now.opportunity.stage !== deal.stage ? await wayBack(deal.id, deal.stage).catch(() => null) : null;
    say(b.moved(deal.account ?? deal.id, stages[now.opportunity.stage]?.label ?? now.opportunity.stage), {
      undo:
        back === null
          ? null
          : async () => {
              const again = await refresh(deal.id);
              await makeMove(deal.id, again.revision, back, { reason: common.undo });
              await refresh(deal.id);
            },
    });
  };
}

/** The short form of a move: what is missing, what may be let pass, and the move itself. What was typed stays, whatever happens meanwhile. */
export function MoveForm({
  view,
  move,
  definition,
  onClose,
}: {
  readonly view: DealView;
  readonly move: PossibleMove;
  readonly definition: ProcessDefinition;
  readonly onClose: () => void;
}): ReactNode {
  const { opportunity: deal } = view;
  const me = useMe();
  const mover = useMover();
  const refresh = useRefresh();
  const fields = fieldsAsked(move, definition, deal.stage);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(fields.map((name) => [name, typedOf(deal.facts[name]?.value)])),
  );
  const [passes, setPasses] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const [seen, setSeen] = useState(view);
  const key = useRef(newKey());
  const needs = moveOf(move, definition, deal.stage)?.needs ?? [];
  const wrongOf = (name: string): string | undefined =>
    problem instanceof Problem ? problem.blockers.find(({ field, kind }) => field === name && kind !== 'check')?.say : undefined;
  const isStale = problem instanceof Problem && (problem.status === 409 || problem.status === 412);
  const needsReason = move.overridable.some(({ check, reason: wanted }) => passes.includes(check) && wanted === 'required');

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setSending(true);
    const facts = Object.fromEntries(
      fields.flatMap((name) => {
        const value = factOf(typed[name] ?? '', definition.fields[name]!, definition.currency);
        return value === null && deal.facts[name] === undefined ? [] : [[name, value] as const];
      }),
    );
    try {
      await mover(
        seen,
        move,
        definition,
        { facts, ...(passes.length > 0 ? { override: passes } : {}), ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
        key.current,
      );
      onClose();
    } catch (error) {
      setProblem(error);
      // A request that was answered is over; only silence may be asked again under its own key.
      if (error instanceof Problem && error.status !== 0) key.current = newKey();
    } finally {
      setSending(false);
    }
  };

  return (
    <Dialog title={t.moveTo(move.label, definition.stages[move.to]?.label ?? move.to)} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
        {fields.map((name) => (
          <FactInput
            key={name}
            field={definition.fields[name]!}
            typed={typed[name] ?? ''}
            currency={definition.currency}
            required={needs.includes(name)}
            wrong={wrongOf(name)}
            onType={(text) => {
              setTyped({ ...typed, [name]: text });
              // What was missing may be there now; asking again tells.
              if (!isStale) setProblem(null);
            }}
          />
        ))}
        {move.overridable.map(({ check, by }) => {
          const what = move.blockers.find((one) => one.check === check)?.say ?? check;
          return by.some((role) => me.roles.includes(role)) ? (
            <label key={check} className="row">
              <input
                type="checkbox"
                checked={passes.includes(check)}
                onChange={({ target }) => setPasses(target.checked ? [...passes, check] : passes.filter((one) => one !== check))}
              />
              {t.letPass(what)}
            </label>
          ) : (
            <p key={check} className="help">
              {what} {t.maySomebody(by.join(', '))}
            </p>
          );
        })}
        {passes.length > 0 && (
          <label className="field">
            <span>
              {t.reason}
              {needsReason && <span aria-hidden="true"> *</span>}
            </span>
            <input value={reason} onChange={({ target }) => setReason(target.value)} aria-required={needsReason} />
            <small className="dimmed">{t.reasonHelp}</small>
          </label>
        )}
        {problem !== null && <ProblemBox problem={problem} />}
        {isStale && (
          <div className="row">
            <span>{t.changedMeanwhile}</span>
            <Button
              variant="default"
              size="compact-sm"
              onClick={() =>
                void (async () => {
                  const now = await refresh(deal.id);
                  setSeen(now);
                  setProblem(now.opportunity.stage === deal.stage ? null : problem);
                  say(changes(now, definition));
                })()
              }
            >
              {t.takeNew}
            </Button>
          </div>
        )}
        <div className="row end">
          <Button variant="default" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={sending} disabled={needsReason && reason.trim() === ''}>
            {move.label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const changes = ({ opportunity: { stage, facts } }: DealView, { stages, fields }: ProcessDefinition): string => {
  const newest = Object.entries(facts).toSorted(([, a], [, b2]) => (a.at < b2.at ? 1 : -1))[0];
  return [
    stages[stage]?.label ?? stage,
    newest ? `${fields[newest[0]]?.label ?? newest[0]}: ${fact(newest[1].value, fields[newest[0]])} (${newest[1].by})` : '',
  ]
    .filter((one) => one !== '')
    .join('. ');
};
