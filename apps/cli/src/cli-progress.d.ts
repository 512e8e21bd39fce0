/** The part of cli-progress that is used here: it brings no types of its own. */
declare module 'cli-progress' {
  import type { Writable } from 'node:stream';

  export interface Options {
    readonly format?: string;
    readonly stream?: Writable;
    readonly hideCursor?: boolean;
    readonly clearOnComplete?: boolean;
    /** Redraws a second. */
    readonly fps?: number;
  }

  export class SingleBar {
    constructor(options: Options);
    start(total: number, startValue: number, payload?: Readonly<Record<string, unknown>>): void;
    update(value: number, payload?: Readonly<Record<string, unknown>>): void;
    setTotal(total: number): void;
    stop(): void;
  }
}
