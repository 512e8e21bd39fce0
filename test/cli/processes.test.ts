import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { newBusinessFile } from '../sales-desk/given-desk.js';
import { GivenTerminal, PROCESS_FILE } from './given-terminal.js';

let given: GivenTerminal;
beforeEach(() => void (given = new GivenTerminal()));

const BROKEN = newBusinessFile.replace('start: lead\n', 'start: laed\n').replace('phase: qualified', 'phase: sold');

describe('process check', () => {
  test('a good file has no errors', async () => {
    expect(await given.run('process', 'check', PROCESS_FILE)).toEqual({ exit: 0, out: `${PROCESS_FILE}: no errors.\n`, err: '' });
    expect(await given.json('process', 'check', PROCESS_FILE)).toEqual({ problems: [] });
  });

  test('a broken file is told problem by problem, each with its line, and ends with 1', async () => {
    const file = given.file('broken.yaml', BROKEN);
    const line = (text: string): number => BROKEN.split('\n').findIndex((one) => one.includes(text)) + 1;
    const { exit, out } = await given.run('process', 'check', file);
    expect(exit).toBe(1);
    expect(out.split('\n')).toEqual([
      `${file}:${line('start: laed')}:8 error There is no stage "laed". (Did you mean "lead"?)`,
      expect.stringMatching(new RegExp(`^${file}:${line('phase: sold')}:12 error .*"sold"`)),
      `${file}: 2 errors, 0 warnings.`,
      '',
    ]);
    const json = await given.run('process', 'check', file, '--json');
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ problems: [{ line: line('start: laed'), column: 8, severity: 'error' }, {}] });
  });

  test('a file that is not there, and a folder, are named', async () => {
    const missing = given.path('none.yaml');
    expect(await given.run('process', 'check', missing)).toEqual({
      exit: 1,
      out: '',
      err: `${missing} cannot be read: there is no such file or folder.\nCheck the path.\n`,
    });
    const { exit, err } = await given.run('process', 'check', given.dir);
    expect([exit, err]).toEqual([1, `${given.dir} cannot be read: it is a folder.\nCheck the path.\n`]);
  });
});

describe('process draw', () => {
  test('draws for Mermaid, and as a picture, where there is a folder for it', async () => {
    const mermaid = await given.run('process', 'draw', PROCESS_FILE);
    expect(mermaid.exit).toBe(0);
    expect(mermaid.out).toMatch(/^stateDiagram-v2\n/);
    expect(mermaid.out).toContain('state "Negotiation"');

    const target = given.path('drawn.svg');
    const svg = await given.run('process', 'draw', PROCESS_FILE, '--format', 'svg', '--out', target);
    expect(svg).toEqual({ exit: 0, out: `Drew new-business to ${target}.\n`, err: '' });
    expect(readFileSync(target, 'utf8')).toMatch(/<svg[^]*>Negotiation<[^]*<\/svg>/);

    const nowhere = given.path('none/drawn.svg');
    const { exit, err } = await given.run('process', 'draw', PROCESS_FILE, '--out', nowhere);
    expect([exit, err]).toEqual([1, `${nowhere} cannot be written: there is no such file or folder.\nCheck the path.\n`]);
  });
});

describe('process publish and list', () => {
  test('publishing makes the store, says which version it became, and the same file again changes nothing', async () => {
    const publish = ['process', 'publish', PROCESS_FILE, '--note', 'The first', '--as', 'olu'];
    const first = await given.run(...publish);
    expect(first).toEqual({
      exit: 0,
      out: expect.stringMatching(/^Published new-business version 1 \([0-9a-f]{12}\)\.\n$/),
      err: '',
    });
    expect(await given.json(...publish)).toEqual({
      id: 'new-business',
      version: 1,
      hash: expect.stringContaining(first.out.slice(-15, -3)),
      problems: [],
    });
    expect((await given.run(...publish)).out).toBe(
      'new-business version 1 says the same and is in force already: nothing was published.\n',
    );
    expect((await given.run('process', 'list')).out).toBe(
      [
        'process        title          version   published, UTC     by    note',
        '--------------------------------------------------------------------------',
        'new-business   New business         1   2026-03-31 12:00   olu   The first',
        '',
      ].join('\n'),
    );
  });

  test('a broken file is neither published nor drawn', async () => {
    const file = given.file('broken.yaml', BROKEN);
    const published = await given.run('process', 'publish', file);
    expect(published.exit).toBe(1);
    expect(published.out).toMatch(/2 errors, 0 warnings\.\nNothing was published\.\n$/);
    const drawn = await given.run('process', 'draw', file);
    expect(drawn).toMatchObject({ exit: 1, out: '' });
    expect(drawn.err).toMatch(/2 errors, 0 warnings\.\nA process with errors cannot be drawn\.\nCorrect what stands above\.\n$/);
  });
});

describe('which store is meant', () => {
  test('a store that is not there is not made by looking at it, importing into it or rebuilding it', async () => {
    const missing = {
      exit: 1,
      out: '',
      err: `The store cannot be used: there is no store at ${given.path('none.db')}.\nStart the service once to make it, or name another file.\n`,
    };
    const store = ['--store', `sqlite:${given.path('none.db')}`];
    expect(await given.run('process', 'list', ...store)).toEqual(missing);
    expect(await given.run('projections', 'rebuild', ...store)).toEqual(missing);
    expect(await given.run('import', PROCESS_FILE, '--map', PROCESS_FILE, ...store)).toEqual(missing);
    expect(await given.run('process', 'list', ...store)).toEqual(missing);
  });

  test('a store and a service are not asked at once, and a token goes to a service only', async () => {
    const both = await given.run('process', 'list', '--store', given.store, '--url', 'http://127.0.0.1:3000');
    expect([both.exit, both.err]).toEqual([
      2,
      '--store and --url exclude each other.\nName the store or the service, not both.\n',
    ]);
    const token = await given.run('process', 'list', '--token', 'abc');
    expect([token.exit, token.err.split('\n')[0]]).toEqual([2, '--token belongs to a service.']);
    const asked = await given.run('deal', 'moves', 'elm-1', '--url', 'http://127.0.0.1:1', '--token', 'abc', '--roles', 'rep');
    expect([asked.exit, asked.err.split('\n')[0]]).toEqual([
      2,
      '--as and --roles do not go with a token: it says itself who asks.',
    ]);
    const password = await given.run('process', 'list', '--url', 'http://olga:secret@127.0.0.1:3000');
    expect([password.exit, password.err]).toEqual([2, expect.not.stringContaining('secret')]);
  });
});
