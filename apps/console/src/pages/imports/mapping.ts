import type { ImportPreview } from '../../api/operations-types.js';
import type { Field, ProcessDefinition, Stage } from '../../api/types.js';

/** What the columns of a file mean, guessed by their names and by what stands in them, and written down as the text of an import map. */

export const MEANINGS = ['id', 'stage', 'activity', 'at', 'owner', 'by', 'team', 'account', 'origin', 'note'] as const;
export type Meaning = (typeof MEANINGS)[number];

export interface ColumnPlan {
  readonly means: Meaning | null;
  /** The field of the process that is recorded from it. */
  readonly fact: string | null;
}

/** A step that led to a stage, with the column of its date. */
export interface StepPlan {
  readonly to: string;
  readonly at: string;
}

/** What a text of the stage or activity column stands for. Of a row that is a deal its steps; of an event a stage, something done, or nothing. */
export interface WordPlan {
  /** Whether the map names it at all: rows of deals that say something else are refused, not guessed at. */
  readonly known: boolean;
  readonly steps: readonly StepPlan[];
  readonly event: string;
}

export interface Mapping {
  readonly process: string;
  readonly rows: 'deals' | 'events';
  readonly columns: Readonly<Record<string, ColumnPlan>>;
  readonly words: Readonly<Record<string, WordPlan>>;
  readonly dates: string;
  readonly timezone: string;
  readonly decimal: '.' | ',';
  readonly currency: string;
}

export const IGNORE = 'ignore';
export const ACTIVITY = 'activity';
export const stageOf = (event: string): string | null => (event.startsWith('stage:') ? event.slice(6) : null);

export const DATE_FORMS = [
  '',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
  'DD.MM.YYYY',
  'DD-MM-YYYY',
  'YYYY/MM/DD',
  'DD/MM/YYYY HH:mm',
  'MM/DD/YYYY HH:mm',
  'DD.MM.YYYY HH:mm',
  'DD/MM/YYYY HH:mm:ss',
  'MM/DD/YYYY HH:mm:ss',
  'DD.MM.YYYY HH:mm:ss',
  'YYYY/MM/DD HH:mm:ss',
] as const;

const NAMES: Readonly<Record<Meaning, RegExp>> = {
  id: /(?:^|[^a-z])(?:id|no|nr|number|key)$|^(?:deal|opportunity|case)$/,
  stage: /stage|status|phase|state/,
  activity: /activity|event|action|concept:name|step/,
  at: /creat|open|start|engage|came|captur|enter|begin|first|time|date/,
  owner: /owner|agent|seller|sales ?person|assign|^rep$|^who$|resource/,
  by: /(?:created|entered|done) by|^by$|^user$|^resource$/,
  team: /team|manager|region/,
  account: /account|company|customer|client|organi[sz]ation/,
  origin: /^origin$/,
  note: /note|comment|lifecycle/,
};

/** Lower case, with words apart: `deal_Stage` and `dealStage` are "deal stage". */
const plain = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/[_\-.]+/g, ' ')
    .trim();
const same = (a: string, b: string): boolean => squeezed(a) === squeezed(b);
const squeezed = (text: string): string => plain(text).replaceAll(/[^\p{L}\p{N}]/gu, '');

const textsIn = (preview: ImportPreview, column: string): readonly string[] =>
  [...(preview.values[column] ?? []).map(({ value }) => value), ...preview.rows.map(({ cells }) => cells[column] ?? '')].filter(
    (text) => text !== '',
  );

const DATE = /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:[T ]\d{1,2}:\d{2}(?::\d{2})?.*)?$/;

export const dateColumns = (preview: ImportPreview): readonly string[] =>
  preview.columns.filter((column) => {
    const texts = textsIn(preview, column);
    // Here and there somebody has written a word.
    return texts.filter((text) => DATE.test(text)).length * 2 > texts.length;
  });

/** How dates are written, as far as their numbers tell: 31/03 can only begin with the day. ISO 8601 needs no saying. */
export function dateForm(texts: readonly string[]): string {
  const found = texts.map((text) => /^(\d{1,4})([-/.])(\d{1,2})[-/.](\d{1,4})(?:[T ]\d{1,2}:\d{2}(:\d{2})?)?/.exec(text));
  const first = found.find((one) => one !== null);
  if (!first) return '';
  const [whole, begin = '', sign = '', , , seconds] = first;
  const time = whole.includes(':') ? ` HH:mm${seconds === undefined ? '' : ':ss'}` : '';
  if (begin.length === 4) return sign === '-' ? '' : `YYYY${sign}MM${sign}DD${time}`;
  const monthFirst = found.some((one) => one !== null && Number(one[3]) > 12);
  return `${monthFirst ? `MM${sign}DD` : `DD${sign}MM`}${sign}YYYY${time}`;
}

/** Everything as it seems to be; whoever knows the file corrects it. */
export function guessed(preview: ImportPreview, process: ProcessDefinition, rows?: 'deals' | 'events'): Mapping {
  const { columns } = preview;
  const dates = dateColumns(preview);
  const repeats = (column: string): boolean => (preview.values[column] ?? []).some(({ times }) => times > 1);
  const named = (meaning: Meaning, among: readonly string[] = columns): string | undefined =>
    among.find((column) => NAMES[meaning].test(plain(column)));
  const id =
    named(
      'id',
      columns.filter((column) => !repeats(column)),
    ) ?? named('id');
  const kind = rows ?? (named('stage') === undefined && named('activity') !== undefined && id !== undefined ? 'events' : 'deals');

  const means = new Map<string, Meaning>();
  const taken = (meaning: Meaning, column: string | undefined): void => {
    if (column !== undefined && !means.has(column)) means.set(column, meaning);
  };
  const free = (): readonly string[] => columns.filter((column) => !means.has(column));
  taken('id', id ?? columns[0]);
  taken(
    kind === 'deals' ? 'stage' : 'activity',
    named(
      kind === 'deals' ? 'stage' : 'activity',
      free().filter((column) => preview.values[column] !== null && !dates.includes(column)),
    ),
  );
  taken('at', named('at', dates) ?? dates[0]);
  const wordy = (): readonly string[] => free().filter((column) => !dates.includes(column));
  taken('owner', named('owner', wordy()));
  if (kind === 'events') {
    taken('by', named('by', wordy()));
    taken('note', named('note', wordy()));
  }
  for (const meaning of ['team', 'account', 'origin'] as const) taken(meaning, named(meaning, wordy()));

  const facts = factsOf(columns, process);
  const plans = Object.fromEntries(
    columns.map((column): [string, ColumnPlan] => [
      column,
      { means: means.get(column) ?? null, fact: facts.get(column) ?? null },
    ]),
  );
  const money = columns.flatMap((column) => (facts.has(column) ? textsIn(preview, column) : []));
  return {
    process: process.id,
    rows: kind,
    columns: plans,
    words: wordsOf(preview, plans, process, kind),
    dates: dateForm(dates.flatMap((column) => textsIn(preview, column))),
    timezone: process.timezone,
    decimal: money.some((text) => /\d,\d{1,2}$/.test(text)) ? ',' : '.',
    currency: process.currency,
  };
}

function factsOf(columns: readonly string[], { fields }: ProcessDefinition): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const { name, label } of Object.values(fields)) {
    const column = columns.find((one) => !facts.has(one) && (same(one, name) || same(one, label)));
    if (column !== undefined) facts.set(column, name);
  }
  const amount = Object.values(fields).find(({ type, name }) => type === 'money' && ![...facts.values()].includes(name));
  const worth = columns.find((column) => !facts.has(column) && /amount|value|revenue|price/.test(plain(column)));
  if (amount && worth !== undefined) facts.set(worth, amount.name);
  return facts;
}

/** The texts of the column that says where a deal stands, or what happened. */
export function wordsIn(preview: ImportPreview, columns: Mapping['columns'], rows: Mapping['rows']): readonly string[] {
  const meaning: Meaning = rows === 'deals' ? 'stage' : 'activity';
  const column = preview.columns.find((one) => columns[one]?.means === meaning);
  return column === undefined ? [] : (preview.values[column] ?? []).map(({ value }) => value);
}

export function wordsOf(
  preview: ImportPreview,
  columns: Mapping['columns'],
  process: ProcessDefinition,
  rows: Mapping['rows'],
): Mapping['words'] {
  return Object.fromEntries(
    wordsIn(preview, columns, rows).map((word): [string, WordPlan] => {
      const stage = stageFor(word, process);
      const steps = stage === null || stage.id === process.start ? [] : stepsTo(stage, preview, columns, process);
      return [word, { known: stage !== null, steps, event: stage === null ? ACTIVITY : `stage:${stage.id}` }];
    }),
  );
}

/** The stage that a text of another system most likely means. */
export function stageFor(word: string, { stages, start }: ProcessDefinition): Stage | null {
  const all = Object.values(stages);
  const result = /\bwon\b|^closed won/i.test(word) ? 'won' : /\blost\b/i.test(word) ? 'lost' : null;
  const said = squeezed(word);
  return (
    all.find(({ id, label }) => same(word, id) || same(word, label)) ??
    (result === null ? undefined : all.find((stage) => stage.result === result)) ??
    (said.length < 4 ? undefined : all.find(({ label }) => squeezed(label).includes(said) || said.includes(squeezed(label)))) ??
    (/^(?:new|open|lead|prospect\w*)$/i.test(word) ? stages[start] : undefined) ??
    null
  );
}

/** The last step, and those before it for which the file has a date of their own. */
function stepsTo(
  stage: Stage,
  preview: ImportPreview,
  columns: Mapping['columns'],
  process: ProcessDefinition,
): readonly StepPlan[] {
  const dates = dateColumns(preview);
  const begun = preview.columns.find((column) => columns[column]?.means === 'at');
  const closing = (column: string): boolean => /clos|end|won|lost|decid/.test(plain(column));
  const dateOf = ({ id, label }: Stage): string | undefined =>
    dates.find((column) =>
      plain(column)
        .split(' ')
        .some((word) => begins(word, plain(label)) || begins(word, plain(id))),
    );
  const last =
    dateOf(stage) ??
    (stage.result === undefined ? undefined : dates.find(closing)) ??
    dates.find((column) => column !== begun && !closing(column)) ??
    begun ??
    '';
  return wayTo(stage.id, process).flatMap((id) => {
    const at = id === stage.id ? last : dateOf(process.stages[id]!);
    return at === undefined ? [] : [{ to: id, at }];
  });
}

const STEM = 5;
/** "engage" and "engaging" begin the same way. */
const begins = (a: string, b: string): boolean => a.length >= STEM && a.slice(0, STEM) === b.slice(0, STEM);

/** The stages after the first on the shortest way to one; it alone where none leads there. */
export function wayTo(goal: string, { start, stages }: ProcessDefinition): readonly string[] {
  const before = new Map<string, string | null>([[start, null]]);
  for (const id of before.keys())
    for (const { to } of Object.values(stages[id]?.moves ?? {})) if (!before.has(to)) before.set(to, id);
  const way: string[] = [];
  for (let at: string | null = before.has(goal) ? goal : null; at !== null && at !== start; at = before.get(at) ?? null)
    way.unshift(at);
  return way.length === 0 ? [goal] : way;
}

// ------------------------------------------------------------------------------------------------------ as a text

const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

/** A text as YAML has it: in quotes wherever it could mean something else. */
export const quoted = (text: string): string =>
  /^[A-Za-z_][\w -]*$/.test(text) && !RESERVED.test(text) && !text.endsWith(' ') ? text : JSON.stringify(text);

const AS: Readonly<Record<Field['type'], string | null>> = {
  text: null,
  choice: null,
  money: 'money',
  number: 'number',
  date: 'date',
  yesno: 'yesno',
};

/** The text of the map, for the same door that a map written by hand goes through. */
export function mapText(mapping: Mapping, preview: ImportPreview, process: ProcessDefinition, fileName: string): string {
  const { rows, columns, words } = mapping;
  const events = rows === 'events';
  const columnOf = (meaning: Meaning): string | null =>
    preview.columns.find((column) => columns[column]?.means === meaning) ?? null;
  const value = (meaning: Meaning, otherwise: string | null): string | null => {
    const column = columnOf(meaning);
    if (column === null && otherwise === null) return null;
    const parts = [
      ...(column === null ? [] : [`column: ${quoted(column)}`]),
      ...(otherwise === null ? [] : [`otherwise: ${otherwise}`]),
    ];
    return `{ ${parts.join(', ')} }`;
  };
  const line = (key: string, said: string | null): readonly string[] => (said === null ? [] : [`${key}: ${said}`]);
  const facts = preview.columns.flatMap((column) => {
    const name = columns[column]?.fact ?? null;
    const field = name === null ? undefined : process.fields[name];
    if (!field) return [];
    const meant = field.type === 'choice' ? choicesIn(preview, column, field.of) : [];
    const parts = [
      `column: ${quoted(column)}`,
      ...line('as', AS[field.type]),
      ...(meant.length === 0 ? [] : [`values: { ${meant.map(([from, to]) => `${quoted(from)}: ${quoted(to)}`).join(', ')} }`]),
    ];
    return [`    ${quoted(field.name)}: { ${parts.join(', ')} }`];
  });
  const at = columnOf('at');
  return [
    `# Made in the console for ${fileName.replaceAll(/[\r\n]/g, ' ')}.`,
    `process: ${quoted(mapping.process)}`,
    `format: ${preview.format}`,
    ...(events && preview.format === 'csv' ? ['rows: events'] : []),
    ...line('id', quotedOrNull(columnOf('id'))),
    `timezone: ${quoted(mapping.timezone)}`,
    ...(mapping.dates === '' ? [] : [`dates: ${quoted(mapping.dates)}`]),
    ...(mapping.decimal === ',' ? ['decimal: ","'] : []),
    `currency: ${quoted(mapping.currency)}`,
    '',
    'deal:',
    ...(events ? [] : line('  at', quotedOrNull(at))),
    // The deal is of whoever did the first of it, where nothing else says whose it is.
    ...line('  owner', value(events && columnOf('owner') === null ? 'by' : 'owner', 'unknown')),
    ...(events ? [] : line('  by', value('by', null))),
    ...line('  team', value('team', null)),
    ...line('  account', value('account', null)),
    ...line('  origin', value('origin', null)),
    ...(facts.length === 0 ? [] : ['  facts:', ...facts]),
    '',
    ...(events
      ? eventLines(mapping, process, { columnOf, at, by: value('by', 'unknown') })
      : stageLines(words, columnOf('stage'))),
    '',
  ].join('\n');
}

const quotedOrNull = (text: string | null): string | null => (text === null ? null : quoted(text));

function stageLines(words: Mapping['words'], column: string | null): readonly string[] {
  const steps = (plan: WordPlan): string => plan.steps.map(({ to, at }) => `{ to: ${quoted(to)}, at: ${quoted(at)} }`).join(', ');
  return [
    ...(column === null ? [] : [`stage: ${quoted(column)}`]),
    'stages:',
    ...Object.entries(words).flatMap(([word, plan]) => (plan.known ? [`  ${quoted(word)}: [${steps(plan)}]`] : [])),
  ];
}

function eventLines(
  { words }: Mapping,
  { start }: ProcessDefinition,
  {
    columnOf,
    at,
    by,
  }: { readonly columnOf: (meaning: Meaning) => string | null; readonly at: string | null; readonly by: string | null },
): readonly string[] {
  const activity = columnOf('activity');
  const note = columnOf('note');
  const begins = Object.entries(words).find(([, { event }]) => stageOf(event) === start)?.[0];
  const meaning = (word: string, event: string): string => {
    const stage = stageOf(event);
    return event === IGNORE ? IGNORE : stage === null ? `{ activity: ${quoted(word)} }` : `{ stage: ${quoted(stage)} }`;
  };
  return [
    ...(activity === null ? [] : [`activity: ${quoted(activity)}`]),
    ...(at === null ? [] : [`at: ${quoted(at)}`]),
    ...(by === null ? [] : [`by: ${by}`]),
    ...(note === null ? [] : [`note: ${quoted(note)}`]),
    ...(begins === undefined ? [] : [`begins: ${quoted(begins)}`]),
    'activities:',
    ...Object.entries(words).map(([word, { event }]) => `  ${quoted(word)}: ${meaning(word, event)}`),
  ];
}

/** Texts of a column that a choice has, but writes another way. */
const choicesIn = (preview: ImportPreview, column: string, of: readonly string[]): readonly (readonly [string, string])[] =>
  (preview.values[column] ?? []).flatMap(({ value }) => {
    const meant = of.find((one) => same(one, value));
    return meant === undefined || meant === value ? [] : [[value, meant] as const];
  });
