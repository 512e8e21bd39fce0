import { useMemo, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import type { ReplayStep } from '../../api/auditors-types.js';
import { auditors } from '../../texts/auditors.js';
import { isException } from './words.js';

const { story: t } = auditors;
const DAY_MS = 86_400_000;
/** From so long on, a pause is told in words. */
export const PAUSE_DAYS = 3;

export const daysBetween = (a: ReplayStep, b: ReplayStep): number =>
  (Date.parse(b.event.occurredAt) - Date.parse(a.event.occurredAt)) / DAY_MS;

/** Where each step stands, 0 to 1. Time is compressed: a pause of months takes a little more room than one of days, not a hundred times as much. */
export function placesOf(steps: readonly ReplayStep[]): readonly number[] {
  const ends: number[] = [];
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    ends.push(before === undefined ? 0 : ends[at - 1]! + 1 + Math.log2(1 + Math.max(0, daysBetween(before, step))));
  }
  const whole = ends.at(-1) ?? 0;
  return ends.map((end) => (whole === 0 ? 0.5 : end / whole));
}

/** The story as a line of dots with a handle: dragged, or moved by the keys as any slider. */
export function Scrubber({
  steps,
  at,
  onStep,
  saying,
}: {
  readonly steps: readonly ReplayStep[];
  readonly at: number;
  readonly onStep: (index: number) => void;
  readonly saying: string;
}): ReactNode {
  const places = useMemo(() => placesOf(steps), [steps]);
  const line = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent): void => {
    if (event.buttons === 0 && event.type === 'pointermove') return;
    const { left, width } = line.current!.getBoundingClientRect();
    const here = (event.clientX - left) / width;
    let nearest = 0;
    for (const [index, place] of places.entries())
      if (Math.abs(place - here) < Math.abs(places[nearest]! - here)) nearest = index;
    if (nearest !== at) onStep(nearest);
  };
  const press = (event: KeyboardEvent): void => {
    const to = stepByKey(event.key, at, steps.length);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    onStep(to);
  };
  return (
    <div
      className="scrubber"
      role="slider"
      tabIndex={0}
      aria-label={t.scrub}
      aria-valuemin={1}
      aria-valuemax={steps.length}
      aria-valuenow={at + 1}
      aria-valuetext={saying}
      onKeyDown={press}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={drag}
    >
      <div ref={line} className="scrub-line">
        <div className="scrub-done" style={{ width: `${places[at]! * 100}%` }} />
        {steps.map(({ revision, event, after }, index) => (
          <span
            key={revision}
            title={event.occurredAt.slice(0, 10)}
            className={`dot ${event.type === 'StageChanged' ? 'big' : ''} ${isException(event) ? 'exception' : ''} ${
              event.type === 'StageChanged' ? (after.result ?? '') : ''
            } ${index === at ? 'here' : ''}`}
            style={{ left: `${places[index]! * 100}%` }}
          />
        ))}
      </div>
    </div>
  );
}

const LEAP = 5;

/** Which step a key leads to; null for a key that leads nowhere. */
export function stepByKey(key: string, at: number, count: number): number | null {
  const last = count - 1;
  const to: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - LEAP,
    PageUp: at + LEAP,
    Home: 0,
    End: last,
  };
  const found = to[key];
  return found === undefined ? null : Math.min(last, Math.max(0, found));
}
