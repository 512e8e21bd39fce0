import { styleText } from 'node:util';
import type { Readable, Writable } from 'node:stream';

/** 0 done, 1 refused or a problem found, 2 wrong use. */
export type ExitCode = 0 | 1 | 2;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Dresses a text for the terminal; hands it back as it is where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** Where a command is run: what it may read and write of the world around it. */
export interface Terminal {
  readonly in: Readable;
  readonly out: Writable;
  readonly err: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly paint: Paint;
  /** Whether somebody is watching: progress bars are for them alone. */
  readonly watched: boolean;
  readonly now: () => Date;
}

/** The terminal this process was started in. Colour only where a person reads it and NO_COLOR is not set. */
export function terminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Whoever writes there learns of trouble; without a listener it would end the process with a stack trace.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    in: stdin,
    out: stdout,
    err: stderr,
    env,
    paint: stdout.isTTY && !env['NO_COLOR'] ? coloured : plain,
    watched: stderr.isTTY,
    now: () => new Date(),
  };
}

/** What was asked cannot be done. `help` says what would help. */
export class CannotDo extends Error {
  override readonly name = 'CannotDo';
  constructor(
    message: string,
    readonly help: string,
    readonly exit: ExitCode = 1,
  ) {
    super(message);
  }
}

/** The command was called wrongly. */
export const wrongUse = (message: string, help: string): CannotDo => new CannotDo(message, help, 2);
