import { Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { Outlet, useLocation, useNavigate } from 'react-router';
import { useHearing, useLive } from '../api/live.js';
import { useSession } from '../api/session.js';
import { useAsOf, useUrlState, withAsOf } from '../as-of.js';
import { Notices, say } from '../components/notices.js';
import { Waiting } from '../components/page.js';
import { instant } from '../format.js';
import { common } from '../texts/common.js';
import { AsOfBar } from './as-of-bar.js';
import { KeysSheet } from './keys-sheet.js';
import { Menu } from './menu.js';
import { PLACES } from './navigation.js';
import { Palette } from './palette.js';
import { SignIn } from './sign-in.js';

type Open = 'palette' | 'keys' | null;
/** After `g`, so long for the second key. */
const SECOND_KEY_MS = 1_500;

/** Everything around the pages: who speaks, the instant that is looked at, the menu, and what is said on the way. Behind it stands the sign-in. */
export function Shell(): ReactNode {
  return useSession() ? <SignedIn /> : <SignIn />;
}

function SignedIn(): ReactNode {
  const [open, setOpen] = useState<Open>(null);
  const [menu, setMenu] = useState(false);
  const asOf = useAsOf();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useLive();
  useKeys(setOpen);
  useBackAgain();

  // Whoever hears the page hears the new one from its beginning; the menu of a phone closes.
  const first = useRef(true);
  useEffect(() => {
    setMenu(false);
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [pathname]);

  return (
    <div className={asOf === null ? 'shell' : 'shell past'}>
      <a className="skip" href="#main">
        {common.skip}
      </a>
      <AsOfBar onSearch={() => setOpen('palette')} onKeys={() => setOpen('keys')} menuOpen={menu} onMenu={() => setMenu(!menu)} />
      <Away />
      <div className="below">
        <Menu open={menu} />
        <main id="main" ref={main} tabIndex={-1}>
          <OnPaper asOf={asOf} />
          <Suspense fallback={<Waiting lines={6} />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {open === 'palette' && <Palette onClose={() => setOpen(null)} />}
      {open === 'keys' && <KeysSheet onClose={() => setOpen(null)} />}
      <Notices />
    </div>
  );
}

/** What a printed page says of when it is from: the instant of printing, not that at which it was opened. */
function OnPaper({ asOf }: { readonly asOf: string | null }): ReactNode {
  const [at, setAt] = useState(() => new Date().toISOString());
  useEffect(() => {
    const printing = (): void => flushSync(() => setAt(new Date().toISOString()));
    window.addEventListener('beforeprint', printing);
    return () => window.removeEventListener('beforeprint', printing);
  }, []);
  return <p className="on-paper">{common.onPaper(asOf === null ? null : instant(asOf), instant(at))}</p>;
}

function Away(): ReactNode {
  return useHearing() === 'away' ? (
    <div className="away" role="alert">
      {common.live.away}
    </div>
  ) : null;
}

/** Says so once when the service is heard again. */
function useBackAgain(): void {
  const hearing = useHearing();
  const before = useRef(hearing);
  useEffect(() => {
    if (before.current === 'away' && hearing === 'live') say(common.live.back);
    before.current = hearing;
  }, [hearing]);
}

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

function useKeys(open: (what: Open) => void): void {
  const navigate = useNavigate();
  const asOf = useAsOf();
  const [, setAsOf] = useUrlState('asOf');
  useEffect(() => {
    let goingUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('palette');
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector('dialog[open]')) return;
      if (performance.now() < goingUntil) {
        goingUntil = 0;
        const place = PLACES.find(({ key }) => key === event.key);
        if (place) {
          event.preventDefault();
          void navigate(withAsOf(place.to, asOf));
        }
        return;
      }
      if (event.key === 'g') goingUntil = performance.now() + SECOND_KEY_MS;
      else if (event.key === '?') open('keys');
      else if (event.key === 'n' && asOf !== null) setAsOf(null);
      else if (event.key === 't') {
        event.preventDefault();
        document.getElementById('as-of-open')?.click();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [navigate, asOf, setAsOf, open]);
}
