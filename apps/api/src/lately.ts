import type { MeasureName } from '@coxswain/projections';
import type { DealsBehindPage } from '@coxswain/sales-desk';
import { keyOf, type Answered, type Question } from './present-answers.js';

const MOST = 100;
type Answer = Answered<MeasureName> | DealsBehindPage;

/**
 * What was answered or made ahead lately, whether or not it still holds: for those who rather see at once how things stood minutes ago, and
 * then how they stand. An answer about a past instant never goes out of date.
 */
export class LatelyAnswers {
  private readonly kept = new Map<string, { readonly answer: Answer; readonly atMs: number }>();

  keep(question: Question, answer: Answer, nowMs: number): void {
    const key = keyOf(question);
    this.kept.delete(key);
    this.kept.set(key, { answer, atMs: nowMs });
    if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value!);
  }

  /** Null where there is none, or an older one than was asked for. */
  find(question: Question, withinMs: number, nowMs: number): Answer | null {
    const found = this.kept.get(keyOf(question));
    const isPast = question.query.asOf !== undefined;
    return found && (isPast || nowMs - found.atMs <= withinMs) ? found.answer : null;
  }

  clear(): void {
    this.kept.clear();
  }
}
