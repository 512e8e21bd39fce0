import { FORECAST_CATEGORIES, PHASES } from './process.js';

/** The most of each that a process file may hold. */
export const MOST = {
  stages: 200,
  fields: 200,
  roles: 50,
  moves: 50,
  tracks: 20,
  checks: 20,
  choices: 500,
  holidays: 1000,
  was: 50,
} as const;

export const FIELD_TYPES = ['text', 'number', 'money', 'date', 'yesno', 'choice'] as const;

/** Keys of stages, moves, fields, tracks and checks: identities that never change meaning. */
const NAME = '^[A-Za-z][A-Za-z0-9_-]{0,39}$';
const PROCESS_ID = '^[a-z][a-z0-9-]{0,39}$';
const TIME = '^[1-9]\\d{0,3} (working )?(hour|day)s?$';
const A_NAME = 'A name starts with a letter and has at most 40 letters, digits, _ and -.';

const names = (description: string, maxItems: number): object => ({
  type: 'array',
  description,
  items: { $ref: '#/$defs/name' },
  uniqueItems: true,
  maxItems,
});

const named = (description: string, value: string, maxProperties: number, least = 0): object => ({
  type: 'object',
  description,
  propertyNames: { $ref: '#/$defs/name' },
  additionalProperties: { $ref: `#/$defs/${value}` },
  minProperties: least,
  maxProperties,
});

const label = {
  type: 'string',
  minLength: 1,
  maxLength: 120,
  description: 'What people read; free text that may change at any time. Default: the key made readable.',
};

/** The JSON Schema (2020-12) of a process file: its shape, with descriptions that editors show while completing. */
export const processFileSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Sales process',
  description: 'One sales process: its stages from lead to customer, the moves between them, and what each move demands.',
  type: 'object',
  additionalProperties: false,
  required: ['process', 'title', 'currency', 'timezone', 'start', 'stages'],
  properties: {
    $schema: { type: 'string', description: 'Where this schema is, for editors; not part of the process.' },
    process: {
      type: 'string',
      pattern: PROCESS_ID,
      description: 'The identity of the process, in small letters, digits and -, at most 40 characters, like new-business.',
    },
    title: { type: 'string', minLength: 1, maxLength: 120, description: 'What people call the process; free text.' },
    currency: {
      type: 'string',
      pattern: '^[A-Z]{3}$',
      description: 'The currency of every amount, three letters of ISO 4217, like EUR.',
    },
    timezone: { type: 'string', minLength: 1, description: 'The time zone in which limits and dates count, like Europe/Berlin.' },
    workingHours: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      description: 'Open hours, like Mon-Fri 09:00-18:00; several parts are separated by commas. Default: Mon-Fri 09:00-17:00.',
    },
    holidays: {
      type: 'array',
      description: 'Days that are not worked, like 2026-12-25.',
      items: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A day is written like 2026-12-25.' },
      uniqueItems: true,
      maxItems: MOST.holidays,
    },
    targetCycle: {
      type: 'string',
      pattern: TIME,
      description: 'How long a deal should take from its start to a win, like 60 days; the time limits are held against it.',
    },
    fields: named('The facts that can be recorded on a deal, by name.', 'field', MOST.fields),
    roles: names('The roles people can have in this process.', MOST.roles),
    start: { type: 'string', description: 'The stage a new lead stands in.' },
    stages: named('The stages, in the order of selling.', 'stage', MOST.stages, 1),
  },
  $defs: {
    name: { type: 'string', pattern: NAME, description: A_NAME },
    field: {
      type: 'object',
      description: 'A fact that can be recorded.',
      additionalProperties: false,
      required: ['type'],
      properties: {
        type: { enum: FIELD_TYPES, description: 'What kind of value it is.' },
        label,
        personal: { type: 'boolean', description: 'It names or describes a living person. Default: false.' },
        of: {
          type: 'array',
          description: 'The values to choose from; for type choice only.',
          items: { type: 'string', minLength: 1, maxLength: 120 },
          minItems: 1,
          uniqueItems: true,
          maxItems: MOST.choices,
        },
        min: { type: 'number', description: 'The smallest value allowed; for type number only.' },
        max: { type: 'number', description: 'The largest value allowed; for type number only.' },
      },
    },
    stage: {
      type: 'object',
      description: 'Where a deal stands.',
      additionalProperties: false,
      required: ['phase'],
      dependentRequired: { tracks: ['whenAllDone'], whenAllDone: ['tracks'] },
      properties: {
        label,
        phase: { enum: PHASES, description: 'Which of the five phases the stage belongs to.' },
        result: { enum: ['won', 'lost'], description: 'Entering this stage wins or loses the deal; for phase closed only.' },
        forecast: {
          type: 'object',
          description: 'How deals in this stage count in the forecast.',
          additionalProperties: false,
          required: ['category', 'probability'],
          properties: {
            category: { enum: FORECAST_CATEGORIES, description: 'The forecast category.' },
            probability: { type: 'number', minimum: 0, maximum: 100, description: 'How likely the deal is won, in per cent.' },
          },
        },
        limit: { $ref: '#/$defs/limit' },
        moves: named('The ways on, by name.', 'move', MOST.moves),
        tracks: named('Parallel tracks, all walked at the same time.', 'track', MOST.tracks, 1),
        whenAllDone: { type: 'string', description: 'The stage the deal goes to by itself once every track is done.' },
        was: names('Former names of this stage: its history continues here.', MOST.was),
      },
    },
    track: {
      type: 'object',
      description: 'One of several tracks walked at the same time.',
      additionalProperties: false,
      required: ['start', 'stages'],
      properties: {
        label,
        start: { type: 'string', description: 'The stage of the track in which it begins.' },
        stages: named('The stages of the track.', 'trackStage', MOST.stages, 1),
      },
    },
    trackStage: {
      type: 'object',
      description: 'A place within a track.',
      additionalProperties: false,
      properties: {
        label,
        done: { type: 'boolean', description: 'The track is done here. Default: false.' },
        limit: { $ref: '#/$defs/limit' },
        moves: named('The ways on within the track, by name.', 'move', MOST.moves),
      },
    },
    move: {
      type: 'object',
      description: 'A named way on.',
      additionalProperties: false,
      required: ['to'],
      properties: {
        label,
        to: { type: 'string', description: 'The stage it leads to; within a track, a stage of the same track.' },
        by: names('The roles that may ask for it. Default: anyone.', MOST.roles),
        needs: names('Facts that must be recorded.', MOST.fields),
        checks: { type: 'array', description: 'What else must hold.', items: { $ref: '#/$defs/check' }, maxItems: MOST.checks },
        opens: {
          type: 'object',
          description: 'The move opens a new opportunity linked to this one.',
          additionalProperties: false,
          required: ['process', 'origin'],
          properties: {
            process: {
              type: 'string',
              pattern: PROCESS_ID,
              description: 'The process of the new opportunity, like new-business.',
            },
            origin: {
              type: 'string',
              minLength: 1,
              maxLength: 40,
              description: 'What the new opportunity comes from, like upsell.',
            },
          },
        },
      },
    },
    check: {
      type: 'object',
      description: 'A rule a move must satisfy.',
      additionalProperties: false,
      required: ['id', 'when', 'say'],
      properties: {
        id: { $ref: '#/$defs/name' },
        when: {
          type: 'string',
          minLength: 1,
          maxLength: 2000,
          description: 'What must hold, as an expression like deal.fitScore >= 60.',
        },
        say: {
          type: 'string',
          minLength: 1,
          maxLength: 300,
          description: 'What must hold, in sales words; shown when it does not.',
        },
        override: {
          type: 'object',
          description: 'Who may let it pass all the same.',
          additionalProperties: false,
          required: ['by'],
          properties: {
            by: { ...names('The roles that may let it pass.', MOST.roles), minItems: 1 },
            reason: { enum: ['required', 'optional'], description: 'Whether a reason must be given. Default: required.' },
          },
        },
      },
    },
    limit: {
      type: 'object',
      description: 'How long a deal may stand here.',
      additionalProperties: false,
      required: ['time', 'then'],
      properties: {
        time: {
          type: 'string',
          pattern: TIME,
          description: 'A time is written like 12 hours, 21 days, 8 working hours or 3 working days.',
        },
        then: { type: 'string', description: 'warn, or the name of a move of the same stage that is then made.' },
        tell: names('Who is told: roles, or owner for the owner of the deal. Default: owner.', MOST.roles),
      },
    },
  },
} as const;
