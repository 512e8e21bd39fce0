/** Every page of the console: whose it is, and what is there once it is all there. `phone`: also made for a phone. */
export interface KnownPage {
  readonly name: string;
  readonly who: string;
  /** `{deal}` is a proposal under way, `{closed}` a won deal. */
  readonly path: string;
  /** A heading or text that stands there when the answers have come. */
  readonly ready: string;
  readonly phone?: boolean;
}

export const PAGES: readonly KnownPage[] = [
  { name: 'my-day', who: 'dieter', path: '/day', ready: 'Overdue', phone: true },
  { name: 'board', who: 'dieter', path: '/board', ready: 'Negotiation', phone: true },
  { name: 'deal', who: 'dieter', path: '/deals/{deal}', ready: 'What comes next', phone: true },
  { name: 'all-deals', who: 'dieter', path: '/deals?phase=selling', ready: 'deals,' },
  { name: 'who-did-what', who: 'olga', path: '/audit/steps', ready: 'Who let it pass', phone: true },
  { name: 'let-pass', who: 'olga', path: '/audit/steps?check=budget&outcome=overridden', ready: 'in all, newest first' },
  { name: 'story', who: 'olga', path: '/audit/deals/{closed}?show=all&verify=yes&raw=yes', ready: 'Verified:', phone: true },
  { name: 'log', who: 'olga', path: '/audit/log', ready: '100 events shown', phone: true },
];
