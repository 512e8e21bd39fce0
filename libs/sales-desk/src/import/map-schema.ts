import { VALUE_TYPES } from './map.js';

const column = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  description: 'The name of a column, as in the header of the file.',
};
const text = { type: 'string', minLength: 1, maxLength: 200 };
const currency = { type: 'string', pattern: '^[A-Z]{3}$', description: 'An ISO 4217 code, like EUR.' };

const track = { ...text, description: 'The parallel track of the stage within which this step goes on.' };

const values = (description: string): object => ({
  type: 'object',
  description,
  additionalProperties: { $ref: '#/$defs/value' },
  maxProperties: 200,
});

const spelling = {
  type: 'object',
  description: 'By column: what is written, and what is meant. Each correction is counted in the report.',
  additionalProperties: { type: 'object', additionalProperties: text, maxProperties: 1000 },
};

/** The JSON Schema (2020-12) of an import map: its shape, with descriptions that editors show while completing. */
export const importMapSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Import map',
  description: "How another system's file is read as the past of deals.",
  type: 'object',
  additionalProperties: false,
  required: ['process', 'format', 'id', 'deal'],
  properties: {
    $schema: { type: 'string', description: 'Where this schema is, for editors; not part of the map.' },
    process: { ...text, description: 'The id of the process that the deals come in under.' },
    format: { type: 'string', enum: ['csv', 'xes'] },
    rows: {
      type: 'string',
      enum: ['deals', 'events'],
      description: 'What one row of a CSV file is: a deal with the stage it stands in, or one event. Default: deals.',
    },
    grouped: {
      type: 'boolean',
      description: 'The rows of one deal stand together, so that a file of events need not be sorted first. Default: false.',
    },
    id: { ...column, description: "The column with the deal's id." },
    timezone: { ...text, description: 'The time zone of dates that name none, like Europe/Berlin. Default: UTC.' },
    dates: {
      type: 'string',
      pattern: '^(?=.*YYYY)(?=.*MM)(?=.*DD)(YYYY|MM|DD|HH|mm|ss|[-/. :T])+$',
      description: 'How dates are written, with YYYY, MM, DD and perhaps HH, mm, ss: MM/DD/YYYY. ISO 8601 is always understood.',
    },
    decimal: { type: 'string', enum: ['.', ','], description: 'The sign before the decimals. Default: a point.' },
    currency,
    encoding: { type: 'string', enum: ['utf-8', 'windows-1252', 'iso-8859-15', 'utf-16le'], description: 'Default: utf-8.' },
    delimiter: {
      type: 'string',
      minLength: 1,
      maxLength: 1,
      description: 'The sign between columns. Default: found in the header.',
    },
    undated: {
      type: 'string',
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'The day taken for what has no date, in quotes, like "2017-12-31". Without it such rows are rejected.',
    },
    lookups: {
      type: 'object',
      description: 'Other CSV files beside the imported one, by the name that values use.',
      maxProperties: 20,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'key'],
        properties: {
          file: {
            type: 'string',
            pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$',
            description: 'A plain file name, without a folder: the file is looked for beside the imported one.',
          },
          key: column,
          spelling,
          missing: {
            type: 'string',
            enum: ['reject', 'warn'],
            description: 'What a row becomes whose value is not listed. Default: reject.',
          },
        },
      },
    },
    spelling,
    deal: {
      type: 'object',
      description: 'How a deal begins.',
      additionalProperties: false,
      required: ['owner'],
      properties: {
        at: {
          description: 'The column with the date of the capture, or several: the first that has one.',
          type: ['string', 'array'],
          minLength: 1,
          items: column,
          minItems: 1,
        },
        by: { $ref: '#/$defs/value' },
        owner: { $ref: '#/$defs/value' },
        team: { $ref: '#/$defs/value' },
        account: { $ref: '#/$defs/value' },
        origin: { $ref: '#/$defs/value' },
        facts: values('Facts known when the deal begins, by the name of the field in the process.'),
      },
    },
    stage: { ...column, description: 'For rows of deals: the column with the stage the deal stands in.' },
    stages: {
      type: 'object',
      description: 'For rows of deals: by the text in the stage column, the steps that led there.',
      minProperties: 1,
      maxProperties: 200,
      additionalProperties: {
        type: 'array',
        maxItems: 50,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['to', 'at'],
          properties: {
            track,
            to: { ...text, description: 'The stage that the step led to; with track, the stage of the track.' },
            at: { ...column, description: 'The column with the date of the step.' },
            facts: values('Facts recorded with this step.'),
          },
        },
      },
    },
    activity: { ...column, description: 'For rows of events: the column that says what happened.' },
    at: { ...column, description: 'For rows of events: the column that says when.' },
    by: { $ref: '#/$defs/value' },
    note: { ...column, description: 'For rows of events: the column that becomes the note of an activity.' },
    begins: { ...text, description: 'The activity that is the capture itself where a deal begins with it.' },
    activities: {
      type: 'object',
      description:
        'For rows of events: what each activity is. One of stage (perhaps within a track), activity, facts, or ignore.',
      minProperties: 1,
      maxProperties: 1000,
      additionalProperties: {
        type: ['string', 'object'],
        if: { type: 'string' },
        then: { enum: ['ignore'] },
        else: {
          additionalProperties: false,
          minProperties: 1,
          properties: {
            track,
            stage: { ...text, description: 'The stage that the event led to; with track, the stage of the track.' },
            activity: { ...text, description: 'What was done, in the words of the record: call, meeting.' },
            facts: values('Facts recorded with this event.'),
          },
        },
      },
    },
  },
  $defs: {
    value: {
      description: 'The name of a column; or where the value comes from and what it is.',
      type: ['string', 'object'],
      minLength: 1,
      additionalProperties: false,
      properties: {
        column,
        otherwise: { ...text, description: 'The value where there is no column, or nothing in it.' },
        lookup: { ...text, description: 'The lookup in which the text must stand.' },
        take: { ...column, description: 'The column of the lookup that is taken instead of the text.' },
        as: { type: 'string', enum: VALUE_TYPES, description: 'Default: text.' },
        currency,
        values: { type: 'object', additionalProperties: text, description: 'What the texts of the column mean.' },
        expected: { type: 'boolean', description: 'A row without it is worth a warning. Default: false.' },
      },
    },
  },
} as const;
