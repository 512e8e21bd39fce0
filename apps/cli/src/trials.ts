import { setTimeout as pause } from 'node:timers/promises';
import type {
  BackTestOutcome,
  BackTestStatus,
  DraftRefused,
  SalesDesk,
  ShadowOutcome,
  ShadowStatus,
  Tried,
} from '@coxswain/sales-desk';
import type { Actor } from '@coxswain/sales-process';
import { CannotDo } from './terminal.js';

/** A back-test as lists have it. */
export type BackTestListed = Omit<BackTestStatus, 'result'>;

/** Drafts that are tried. Rejects with `CannotDo` where there is no such thing, or it cannot be done. */
export interface Trials {
  /** Tries the past against a draft; resolves when that is over, and says meanwhile how far it is. */
  backTest(
    process: string,
    tried: Tried,
    note: string | null,
    onProgress: (done: number, of: number) => void,
  ): Promise<BackTestStatus>;
  backTests(process: string): Promise<readonly BackTestListed[]>;
  oneBackTest(process: string, id: string): Promise<BackTestStatus>;
  cancelBackTest(process: string, id: string): Promise<BackTestStatus>;
  /** Asks a draft beside the version in force; of some teams, or of all. */
  startShadow(process: string, tried: Tried, teams: readonly string[] | null, note: string | null): Promise<ShadowStatus>;
  shadows(process: string): Promise<readonly ShadowStatus[]>;
  oneShadow(process: string, id: string): Promise<ShadowStatus>;
  stopShadow(process: string, id: string): Promise<ShadowStatus>;
}

const LOOKED_AT_MS = 100;

/** Asks the desk over a store. */
export class DeskTrials implements Trials {
  constructor(
    private readonly desk: SalesDesk,
    private readonly actor: Actor,
  ) {}

  async backTest(process: string, tried: Tried, note: string | null, onProgress: (done: number, of: number) => void) {
    const { backTest: id } = backTestIn(await this.desk.startBackTest({ process, tried, note }, this.actor), process);
    const over = this.desk.backTested(id).then(() => 'over');
    while ((await Promise.race([over, pause(LOOKED_AT_MS)])) !== 'over') {
      const { done, deals } = this.desk.backTest(id)!;
      onProgress(done, deals);
    }
    return this.desk.backTest(id)!;
  }

  backTests(process: string): Promise<readonly BackTestListed[]> {
    return Promise.resolve(this.desk.backTests(process).map(({ result: _, ...one }) => one));
  }

  oneBackTest(process: string, id: string): Promise<BackTestStatus> {
    const found = this.desk.backTest(id);
    return found?.process === process ? Promise.resolve(found) : Promise.reject(missing('back-test', process));
  }

  async cancelBackTest(process: string, id: string): Promise<BackTestStatus> {
    await this.oneBackTest(process, id);
    return backTestIn(await this.desk.cancelBackTest(id, this.actor), process);
  }

  async startShadow(process: string, tried: Tried, teams: readonly string[] | null, note: string | null): Promise<ShadowStatus> {
    return shadowIn(await this.desk.startShadow({ process, tried, teams, note }, this.actor), process);
  }

  shadows(process: string): Promise<readonly ShadowStatus[]> {
    return Promise.resolve(this.desk.shadows(process));
  }

  oneShadow(process: string, id: string): Promise<ShadowStatus> {
    const found = this.desk.shadow(id);
    return found?.process === process ? Promise.resolve(found) : Promise.reject(missing('shadow', process));
  }

  async stopShadow(process: string, id: string): Promise<ShadowStatus> {
    await this.oneShadow(process, id);
    return shadowIn(await this.desk.stopShadow(id, this.actor), process);
  }
}

/** Asks a running service. */
export class HttpTrials implements Trials {
  constructor(
    private readonly service: {
      readonly ask: <T>(path: string) => Promise<T>;
      readonly tell: <T>(path: string, json: object) => Promise<T>;
    },
  ) {}

  async backTest(process: string, tried: Tried, note: string | null, onProgress: (done: number, of: number) => void) {
    const said = 'file' in tried ? tried : { draft: String(tried.draft) };
    const body = { ...said, ...(note === null ? {} : { note }) };
    let found = await this.service.tell<BackTestStatus>(pathOf(process, 'back-tests'), body);
    while (found.state === 'running') {
      onProgress(found.done, found.deals);
      await pause(LOOKED_AT_MS);
      found = await this.oneBackTest(process, found.backTest);
    }
    return found;
  }

  async backTests(process: string): Promise<readonly BackTestListed[]> {
    return (await this.service.ask<{ items: readonly BackTestListed[] }>(pathOf(process, 'back-tests'))).items;
  }

  oneBackTest(process: string, id: string): Promise<BackTestStatus> {
    return this.service.ask(pathOf(process, 'back-tests', id));
  }

  cancelBackTest(process: string, id: string): Promise<BackTestStatus> {
    return this.service.tell(pathOf(process, 'back-tests', id, 'cancel'), {});
  }

  startShadow(process: string, tried: Tried, teams: readonly string[] | null, note: string | null): Promise<ShadowStatus> {
    const said = 'file' in tried ? tried : { draft: String(tried.draft) };
    const more = { ...(teams === null ? {} : { teams }), ...(note === null ? {} : { note }) };
    return this.service.tell(pathOf(process, 'shadows'), { ...said, ...more });
  }

  async shadows(process: string): Promise<readonly ShadowStatus[]> {
    return (await this.service.ask<{ items: readonly ShadowStatus[] }>(pathOf(process, 'shadows'))).items;
  }

  oneShadow(process: string, id: string): Promise<ShadowStatus> {
    return this.service.ask(pathOf(process, 'shadows', id));
  }

  stopShadow(process: string, id: string): Promise<ShadowStatus> {
    return this.service.tell(pathOf(process, 'shadows', id, 'stop'), {});
  }
}

const pathOf = (process: string, ...rest: readonly string[]): string =>
  ['v1', 'processes', process, ...rest].map(encodeURIComponent).join('/');

function backTestIn(outcome: BackTestOutcome, process: string): BackTestStatus {
  if (outcome.kind === 'done') return outcome.backTest;
  throw outcome.kind === 'refused' ? refusal(outcome) : missing(outcome.what, process);
}

function shadowIn(outcome: ShadowOutcome, process: string): ShadowStatus {
  if (outcome.kind === 'done') return outcome.shadow;
  throw outcome.kind === 'refused' ? refusal(outcome) : missing(outcome.what, process);
}

const refusal = ({ say, problems }: DraftRefused): CannotDo =>
  new CannotDo(say, problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));

const missing = (what: string, process: string): CannotDo =>
  new CannotDo(
    what === 'process' ? `No process "${process}" is published.` : `There is no such ${what} of "${process}".`,
    what === 'process'
      ? 'List those that are with "coxswain process list".'
      : 'Ids and numbers are told apart by every sign; list what there is.',
  );
