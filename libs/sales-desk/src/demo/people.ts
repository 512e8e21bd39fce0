/** The people of the demo company: made up, and different from each other on purpose. */
export interface DemoPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly team: string | null;
  /** How often deals go well with them: 1 is average. */
  readonly skill: number;
  /** How fast they work: 1 is average, more is slower. */
  readonly pace: number;
  /** How well they keep to the process, 0 to 1. */
  readonly discipline: number;
}

const person = (
  name: string,
  roles: readonly string[],
  team: string | null,
  skill = 1,
  pace = 1,
  discipline = 0.85,
): DemoPerson => ({ name, roles, team, skill, pace, discipline });

export const demoPeople: readonly DemoPerson[] = [
  person('ada', ['sdr'], 'north', 1.15, 0.9, 0.95),
  person('bruno', ['sdr'], 'south', 0.95, 1.2, 0.75),
  person('carla', ['sdr'], 'west', 1.0, 1.0, 0.85),
  person('dieter', ['rep'], 'north', 1.3, 0.8, 0.95),
  person('elena', ['rep'], 'north', 1.0, 1.0, 0.9),
  person('farid', ['rep'], 'south', 0.75, 1.4, 0.6),
  person('greta', ['rep'], 'south', 1.1, 1.1, 0.85),
  person('hugo', ['rep'], 'west', 0.9, 0.9, 0.7),
  person('ines', ['rep'], 'west', 1.2, 1.0, 0.9),
  person('jonas', ['rep', 'manager'], 'north'),
  person('karin', ['rep', 'manager'], 'south'),
  person('luis', ['rep', 'manager'], 'west'),
  person('mira', ['deal-desk'], null),
  person('nils', ['legal'], null),
  person('olga', ['operations'], null),
  person('petra', ['success'], 'north', 1.1),
  person('quinn', ['success'], 'south', 0.9),
];

export const demoTeams = ['north', 'south', 'west'] as const;

const FIRST = [
  'Alder',
  'Birch',
  'Cedar',
  'Dune',
  'Elm',
  'Fjord',
  'Gable',
  'Harbour',
  'Iron',
  'Juniper',
  'Keel',
  'Larch',
  'Meadow',
  'North',
  'Oak',
  'Pine',
  'Quarry',
  'Ridge',
  'Stone',
  'Tern',
];
const SECOND = [
  'Works',
  'Foods',
  'Logistics',
  'Clinics',
  'Energy',
  'Textiles',
  'Media',
  'Machines',
  'Schools',
  'Hotels',
  'Glass',
  'Optics',
];

/** A company's name; the same number always gives the same name, and the first 240 differ. */
export const demoAccount = (number: number): string =>
  `${FIRST[number % FIRST.length]} ${SECOND[Math.floor(number / FIRST.length) % SECOND.length]}`;
