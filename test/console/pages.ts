import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of the console: whose it is, and what is there once it is all there. */
export interface KnownPage {
  readonly name: string;
  readonly who: string;
  /** `{deal}` is a proposal under way, `{closed}` a won deal. */
  readonly path: string;
  /** A text that stands there when the answers have come. */
  readonly ready: string;
  /** Also made for a phone. */
  readonly phone?: boolean;
}

/** Every page, from the list that the screenshots are made by as well. */
export const PAGES = JSON.parse(readFileSync(join(import.meta.dirname, 'pages.json'), 'utf8')) as readonly KnownPage[];
