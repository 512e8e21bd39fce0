import { expect, test } from '@jest/globals';
import { PackedTexts } from '@coxswain/projections';
import fc from 'fast-check';

test('packed texts are numbered as a map would number them, and come back as they were', () => {
  // Many of them alike, of every length, some of more bytes than letters.
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('', 'a', 'aa', 'a\u0000', 'é', '日本', '🚣'),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 400 }), text, (texts, other) => {
      const packed = new PackedTexts();
      const numbers = new Map<string, number>();
      for (const one of texts) {
        if (!numbers.has(one)) numbers.set(one, numbers.size);
        expect(packed.add(one)).toBe(numbers.get(one));
      }
      expect(packed.size).toBe(numbers.size);
      expect(Array.from({ length: packed.size }, (_, number) => packed.textOf(number))).toEqual([...numbers.keys()]);
      for (const one of [...texts, other]) expect(packed.numberOf(one)).toBe(numbers.get(one));
    }),
    { numRuns: 300 },
  );
});

test('a long text has room, and finds its way back among thousands', () => {
  const packed = new PackedTexts();
  const long = 'x'.repeat(20_000);
  for (let number = 0; number < 5_000; number++) expect(packed.add(`deal-${number}`)).toBe(number);
  expect(packed.add(long)).toBe(5_000);
  expect(packed.textOf(5_000)).toBe(long);
  expect([packed.numberOf('deal-4999'), packed.numberOf(long), packed.numberOf('deal-5000')]).toEqual([4_999, 5_000, undefined]);
});
