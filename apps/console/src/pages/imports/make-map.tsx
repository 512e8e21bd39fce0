import { type ReactNode } from 'react';
import type { ImportPreview } from '../../api/operations-types.js';
import type { ProcessDefinition, PublishedProcess } from '../../api/types.js';
import { Panel } from '../../components/page.js';
import { imports } from '../../texts/imports.js';
import {
  ACTIVITY,
  dateColumns,
  DATE_FORMS,
  guessed,
  IGNORE,
  MEANINGS,
  wordsIn,
  wordsOf,
  type ColumnPlan,
  type Mapping,
  type Meaning,
  type WordPlan,
} from './mapping.js';

const { make: t } = imports;
const EXAMPLES = 3;

interface Made {
  readonly mapping: Mapping;
  readonly preview: ImportPreview;
  readonly definition: ProcessDefinition;
  readonly onChange: (mapping: Mapping) => void;
}

/** The columns of a CSV file with what stands in them, and beside each what it means. */
export function MakeMap({
  processes,
  onProcess,
  ...made
}: Made & { readonly processes: readonly PublishedProcess[]; readonly onProcess: (id: string) => void }): ReactNode {
  const { mapping, preview, definition, onChange } = made;
  const setColumn = (column: string, plan: Partial<ColumnPlan>): void => {
    const columns = Object.fromEntries(
      Object.entries(mapping.columns).map(([name, before]): [string, ColumnPlan] => {
        if (name === column) return [name, { ...before, ...plan }];
        // Of each meaning and each fact there is one column.
        const means = plan.means !== undefined && before.means === plan.means ? null : before.means;
        return [name, { means, fact: plan.fact !== undefined && before.fact === plan.fact ? null : before.fact }];
      }),
    );
    const known = wordsIn(preview, mapping.columns, mapping.rows).join('\n');
    const same = known === wordsIn(preview, columns, mapping.rows).join('\n');
    onChange({ ...mapping, columns, words: same ? mapping.words : wordsOf(preview, columns, definition, mapping.rows) });
  };
  return (
    <Panel title={t.title} help={t.help}>
      <div className="map-settings">
        <Choose label={t.process} value={mapping.process} of={processes.map(({ id, title }) => [id, title])} set={onProcess} />
        <Choose
          label={t.rows}
          value={mapping.rows}
          of={(['deals', 'events'] as const).map((kind) => [kind, t.kinds[kind]])}
          set={(rows) => onChange(guessed(preview, definition, rows as Mapping['rows']))}
        />
        <Choose
          label={t.dates}
          value={mapping.dates}
          of={[...new Set<string>([...DATE_FORMS, mapping.dates])].map((form) => [form, form === '' ? t.iso : form])}
          set={(dates) => onChange({ ...mapping, dates })}
        />
        <label className="field">
          <span>{t.timezone}</span>
          <input value={mapping.timezone} onChange={({ target }) => onChange({ ...mapping, timezone: target.value })} />
        </label>
        <Choose
          label={t.decimal}
          value={mapping.decimal}
          of={(['.', ','] as const).map((sign) => [sign, t.decimals[sign]])}
          set={(decimal) => onChange({ ...mapping, decimal: decimal as Mapping['decimal'] })}
        />
        <label className="field">
          <span>{t.currency}</span>
          <input
            value={mapping.currency}
            maxLength={3}
            onChange={({ target }) => onChange({ ...mapping, currency: target.value.toUpperCase() })}
          />
        </label>
      </div>
      <div className="mapping-head" aria-hidden="true">
        <span>{t.column}</span>
        <span>{t.examples}</span>
        <span>{t.means}</span>
        <span>{t.fact}</span>
      </div>
      <ul className="mapping">
        {preview.columns.map((column) => (
          <li key={column}>
            <strong>{column}</strong>
            <span className="examples">{examplesOf(preview, column)}</span>
            <Pick
              label={t.meansOf(column)}
              narrow={t.means}
              value={mapping.columns[column]?.means ?? ''}
              of={MEANINGS.filter((meaning) => fits(meaning, mapping.rows)).map((meaning) => [
                meaning,
                said(meaning, mapping.rows),
              ])}
              set={(means) => setColumn(column, { means: means === '' ? null : (means as Meaning) })}
            />
            <Pick
              label={t.factOf(column)}
              narrow={t.fact}
              value={mapping.columns[column]?.fact ?? ''}
              of={Object.values(definition.fields).map(({ name, label }) => [name, label])}
              set={(fact) => setColumn(column, { fact: fact === '' ? null : fact })}
            />
          </li>
        ))}
      </ul>
      <Words {...made} />
    </Panel>
  );
}

const fits = (meaning: Meaning, rows: Mapping['rows']): boolean =>
  rows === 'deals' ? meaning !== 'activity' && meaning !== 'note' : meaning !== 'stage';

const said = (meaning: Meaning, rows: Mapping['rows']): string => {
  const words = t.meanings[meaning];
  return typeof words === 'string' ? words : words[rows];
};

function examplesOf({ values, rows }: ImportPreview, column: string): string {
  const texts = (values[column] ?? []).map(({ value }) => value);
  const shown = [...new Set(texts.length > 0 ? texts : rows.map(({ cells }) => cells[column] ?? '').filter(Boolean))];
  return shown.length === 0 ? t.empty : shown.slice(0, EXAMPLES).join(' · ');
}

/** What the texts of the stage column stand for, or those that say what happened. */
function Words({ mapping, preview, definition, onChange }: Made): ReactNode {
  const meaning: Meaning = mapping.rows === 'deals' ? 'stage' : 'activity';
  const column = preview.columns.find((one) => mapping.columns[one]?.means === meaning);
  const words = Object.entries(mapping.words);
  const set = (word: string, plan: Partial<WordPlan>): void =>
    onChange({ ...mapping, words: { ...mapping.words, [word]: { ...mapping.words[word]!, ...plan } } });
  const title = mapping.rows === 'deals' ? t.stages : t.activities;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {mapping.rows === 'deals' && <p className="help">{t.stagesHelp}</p>}
      {words.length === 0 && (
        <p className={column === undefined ? 'help' : 'wrong'}>
          {column === undefined ? t.noWords(said(meaning, mapping.rows)) : t.tooMany}
        </p>
      )}
      <ul className="mapping words">
        {words.map(([word, plan]) => (
          <li key={word}>
            <strong>{word}</strong>
            {mapping.rows === 'deals' ? (
              <div>
                <Pick
                  label={t.event(word)}
                  value={plan.known ? 'known' : ''}
                  none={t.refused}
                  of={[['known', t.captured(definition.stages[definition.start]?.label ?? definition.start)]]}
                  set={(known) => set(word, { known: known !== '' })}
                />
                {plan.known && <Steps {...{ word, plan, preview, definition }} set={(steps) => set(word, { steps })} />}
              </div>
            ) : (
              <Pick
                label={t.event(word)}
                value={plan.event}
                none={null}
                of={[
                  ...Object.values(definition.stages).map(({ id, label }) => [`stage:${id}`, t.toStage(label)] as const),
                  [ACTIVITY, t.isActivity],
                  [IGNORE, t.ignore],
                ]}
                set={(event) => set(word, { event })}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Steps({
  word,
  plan: { steps },
  preview,
  definition,
  set,
}: {
  readonly word: string;
  readonly plan: WordPlan;
  readonly preview: ImportPreview;
  readonly definition: ProcessDefinition;
  readonly set: (steps: WordPlan['steps']) => void;
}): ReactNode {
  const dates = dateColumns(preview);
  const stages = Object.values(definition.stages).map(({ id, label }) => [id, label] as const);
  return (
    <div>
      {steps.map((step, index) => (
        // Steps have no name of their own: their order is what they are.
        <div key={index} className="step">
          <Pick
            label={t.step(word, index + 1)}
            value={step.to}
            none={null}
            of={stages}
            set={(to) => set(steps.map((one, n) => (n === index ? { ...one, to } : one)))}
          />
          <Pick
            label={t.stepAt(word, index + 1)}
            value={step.at}
            none={null}
            of={(dates.includes(step.at) ? dates : [...dates, step.at]).map((column) => [column, column])}
            set={(at) => set(steps.map((one, n) => (n === index ? { ...one, at } : one)))}
          />
          <button
            type="button"
            className="plain"
            aria-label={t.removeStep(word, index + 1)}
            onClick={() => set(steps.filter((_, n) => n !== index))}
          >
            ✕
          </button>
        </div>
      ))}
      <button
        type="button"
        className="plain"
        onClick={() => set([...steps, { to: steps.at(-1)?.to ?? definition.start, at: dates.at(-1) ?? '' }])}
      >
        + {t.addStep(word)}
      </button>
    </div>
  );
}

type Options = readonly (readonly [value: string, label: string])[];

function Choose({
  label,
  value,
  of,
  set,
}: {
  readonly label: string;
  readonly value: string;
  readonly of: Options;
  readonly set: (value: string) => void;
}): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => set(target.value)}>
        {of.map(([one, shown]) => (
          <option key={one} value={one}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A choice whose name is said by what stands around it. */
function Pick({
  label,
  value,
  of,
  none = t.nothing,
  narrow,
  set,
}: {
  readonly label: string;
  readonly value: string;
  readonly of: Options;
  /** What is said where nothing is chosen; null where something must be. */
  readonly none?: string | null;
  /** What stands over it where there is no room for a head. */
  readonly narrow?: string;
  readonly set: (value: string) => void;
}): ReactNode {
  return (
    <span className="field">
      {narrow !== undefined && (
        <small className="narrow" aria-hidden="true">
          {narrow}
        </small>
      )}
      <select aria-label={label} value={value} onChange={({ target }) => set(target.value)}>
        {none !== null && <option value="">{none}</option>}
        {of.map(([one, shown]) => (
          <option key={one} value={one}>
            {shown}
          </option>
        ))}
      </select>
    </span>
  );
}
