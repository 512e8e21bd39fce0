import type { MeasureName } from '@coxswain/projections';
import { keyOf, type Answered, type Question } from './present-answers.js';

const MOST = 100;
/** An answer of more numbers and texts is not kept: a hundred such ones would take the memory of the service. */
const MOST_VALUES = 20_000;
/** After more than these an answer may say something else altogether, as after an import. */
const MOST_EVENTS_SINCE = 500;
type Answer = Answered<MeasureName>;

/**
 * What was answered or made ahead lately, whether or not it still holds: for those who rather see at once how things stood minutes ago, and
 * then how they stand. An answer about a past instant never goes out of date.
 */
export class LatelyAnswers {
  private readonly kept = new Map<string, Answer>();

  keep(question: Question, answer: Answer): void {
    const key = keyOf(question);
    this.kept.delete(key);
    if (hasMore(answer, MOST_VALUES)) return;
    this.kept.set(key, answer);
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value!);
  }

  /**
   * Null where there is none, an older one than `withinMs` before `now` (ISO 8601), or one that more than 500 events came after; how many came is
   * read from positions, which other stores than a table count in larger steps: there, fewer do.
   */
  find(question: Question, withinMs: number, now: string, position: string | null): Answer | null {
    const found = this.kept.get(keyOf(question));
    if (!found) return null;
    const isPast = question.query.asOf !== undefined;
    const isRecent =
      Date.parse(now) - Date.parse(found.asOf) <= withinMs && Number(position) - Number(found.position) <= MOST_EVENTS_SINCE;
    return isPast || isRecent ? found : null;
  }

  clear(): void {
    this.kept.clear();
  }
}

/** Whether there are more than `most` values in it; stops looking there. */
function hasMore(answer: object, most: number): boolean {
  const open: object[] = [answer];
  let values = 0;
  for (let one = open.pop(); one !== undefined; one = open.pop())
    for (const value of Object.values(one) as readonly unknown[]) {
      if (++values > most) return true;
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  return false;
}
