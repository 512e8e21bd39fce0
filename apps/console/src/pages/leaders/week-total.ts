import type { ForecastAnswer, PeriodTotal } from '../../api/leaders-types.js';
import { useApi } from '../../api/queries.js';
import { quarterOf } from './period.js';
import type { View } from './view.js';

/** The total of the present quarter; undefined while it is on its way, null where there is none. */
export function useTotal(view: View, asOf?: string): PeriodTotal | null | undefined {
  const of = quarterOf(view.today);
  const query = { process: view.process.id, period: 'quarter', ...(asOf === undefined ? {} : { asOf }) };
  const answer = useApi<ForecastAnswer>('/v1/measures/forecast', query, { timeless: asOf !== undefined });
  if (answer.isPending) return undefined;
  return answer.data?.groups[0]?.periods.find(({ period }) => period === of)?.total ?? null;
}
