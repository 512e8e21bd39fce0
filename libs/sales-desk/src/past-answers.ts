import { measure, type DealColumns, type MeasureContext, type MeasureName, type Measures } from '@coxswain/projections';

const MOST = 200;
/** An answer of more groups is large, and seldom asked for twice. */
const MOST_GROUPS = 200;

/**
 * Answers as of instants that lie before the last event of the log. Whatever comes later is recorded later, so they never change and are
 * kept, the least lately asked dropped first: whoever compares with last quarter asks for the same few instants again and again.
 */
export class PastAnswers {
  private readonly kept = new Map<string, unknown>();
  private source: DealColumns | null = null;

  /** Throws as `measure` does. */
  of<Name extends MeasureName>(columns: DealColumns, name: Name, context: MeasureContext): Measures[Name] {
    if (this.source !== columns) {
      this.kept.clear();
      this.source = columns;
    }
    // What of the plan and of the facts an answer rests on is recorded by its asOf, too.
    const { versions, plan: _, plans: __, facts: ___, ...asked } = context;
    const key = JSON.stringify([name, versions.length, asked]);
    const known = this.kept.get(key) as Measures[Name] | undefined;
    const answer = known ?? measure(name, columns, context);
    const isPast = Date.parse(answer.asOf) < columns.lastRecordedMs && answer.groups.length <= MOST_GROUPS;
    if (known || isPast) {
      this.kept.delete(key);
      this.kept.set(key, answer);
      if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value!);
    }
    return answer;
  }
}
