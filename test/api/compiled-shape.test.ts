import { describe, expect, test } from '@jest/globals';
import { IsArray, IsString, validateSync } from 'class-validator';
import fc from 'fast-check';
import { shapeCheckOf } from '../../apps/api/src/compiled-shape.js';
import * as dtos from '../../apps/api/src/opportunities.dto.js';

type Dto = new () => object;
const everyDto = Object.entries(dtos).filter(([, dto]) => String(dto).startsWith('class ')) as [string, Dto][];

/** What class-validator itself says, one message for each property. */
function asked(dto: Dto, value: object): string[] {
  const errors = validateSync(Object.assign(new dto(), value), {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
  });
  return errors.map(({ property, constraints = {} }) => {
    const [rule, message] = Object.entries(constraints)[0]!;
    return `${property} ${rule === 'whitelistValidation' ? 'is not known here' : message}`;
  });
}

const said = (dto: Dto, value: object): string[] => shapeCheckOf(dto)!(value).map(({ field, say }) => `${field} ${say}`);

const word = fc.constantFrom(
  'ada',
  '',
  ' ',
  'x'.repeat(101),
  'qualify',
  '2026-03-31',
  '2026-03-31T14:30:00Z',
  '2026-02-30',
  'true',
  '7',
  '..',
);
const odd = fc.constantFrom<unknown[]>(
  null,
  undefined,
  0,
  1.5,
  true,
  [],
  ['budget'],
  ['a', 'a'],
  {},
  { minor: 1, currency: 'EUR' },
  { amount: 1n },
);
const field = fc.constantFrom(
  ...'id move process facts owner team account origin occurredAt reason override kind note'.split(' '),
  ...'dryRun asOf limit cursor stage phase overdue seen strange toString'.split(' '),
);

describe('the compiled check of a DTO', () => {
  test.each(everyDto)('%s: says what class-validator says, whatever comes', (_, dto) => {
    fc.assert(
      fc.property(fc.dictionary(field, fc.oneof(word, odd), { maxKeys: 8, noNullPrototype: true }), (value) => {
        expect(said(dto, value).toSorted()).toEqual(asked(dto, value).toSorted());
      }),
      { numRuns: 300 },
    );
  });

  test('a field named __proto__ is refused as any unknown one', () => {
    const value = JSON.parse('{"owner": "ada", "__proto__": {"team": "north"}}') as object;
    expect(said(dtos.OwnerDto, value)).toEqual(['__proto__ is not known here']);
  });

  test('a field named constructor, over which class-validator stumbles, is refused as any unknown one', () => {
    expect(said(dtos.OwnerDto, { owner: 'ada', constructor: null })).toEqual(['constructor is not known here']);
  });

  test('a class without decorators has no check', () => {
    expect(shapeCheckOf(class Plain {})).toBeNull();
  });

  test('a decorator that cannot be compiled is an error, never left out', () => {
    class Names {
      @IsArray()
      @IsString({ each: true })
      names!: string[];
    }
    expect(() => shapeCheckOf(Names)).toThrow('Names.names has a decorator that cannot be compiled');
  });
});
