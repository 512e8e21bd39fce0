import { ALL_PROCESSES, type MeasureAnswer } from '@coxswain/projections';
import type { Paint } from '../terminal.js';
import { counted, instant } from '../words.js';
import { adherence, adherenceNotes, adherences, overallAdherence } from './adherence.js';
import type { Section } from './blocks.js';
import { bridge, bridgeNotes, bridges } from './bridge.js';
import { conversion, conversionNotes, conversions } from './conversion.js';
import { cycleTime, cycleTimeNotes, cycleTimes } from './cycle-time.js';
import { accuracies, accuracy, accuracyNotes } from './forecast-accuracy.js';
import { record, recordNotes, records } from './forecast-record.js';
import { forecastTotal, forecastTotalNotes, forecastTotals } from './forecast-total.js';
import { forecast, forecastNotes, forecasts } from './forecast.js';
import { junkGates, junkWatch, junkWatchNotes } from './junk-watch.js';
import { pipeline, pipelineNotes, pipelines } from './pipeline.js';
import { scorecard, scorecardNotes, scorecards } from './scorecard.js';
import { sources, sourcesOfGroups } from './sources.js';
import { sectionText } from './text.js';

/** A measure as people read it: what was asked, then its figures, then what the signs in them mean. */
export interface Report {
  readonly title: string;
  /** What was asked, a sentence a line. Instants are in UTC. */
  readonly asked: readonly string[];
  readonly sections: readonly Section[];
  readonly notes: readonly string[];
}

/** Asked by group, one table with a row for each; else everything in its tables. */
export function reportOf(answer: MeasureAnswer): Report {
  const { process, version, asOf, asOfBy, clock, from, to, by, deals } = answer;
  const { title, notes } = ABOUT[answer.measure];
  const none = answer.groups.length === 0;
  return {
    title: `${title} of ${process === ALL_PROCESSES ? 'all processes' : process}${version === null ? '' : `, version ${version}`}`,
    asked: [
      asOfBy === 'occurred'
        ? `As of ${instant(clock)} UTC, by when things occurred; ${counted(deals, 'deal')} known; ${daysBegin(answer)}.`
        : `As of ${instant(asOf)} UTC${clock === asOf ? '' : `, seen from ${instant(clock)} UTC`}; ${counted(deals, 'deal')} known; ${daysBegin(answer)}.`,
      ...(from !== null || to !== null
        ? [
            `Window: ${from === null ? 'from the beginning' : `from ${instant(from)} UTC`}${to === null ? '' : ` up to, not including, ${instant(to)} UTC`}.`,
          ]
        : []),
    ],
    sections: none
      ? [{ title: null, parts: ['No deal matches.'] }]
      : by === null
        ? details(answer)
        : [...comparison(answer, by), { title: null, parts: ['The details of each: --json.'] }, ...overall(answer)],
    notes: none ? [] : notes,
  };
}

/** Over several processes, each has days of its own. */
const daysBegin = (answer: MeasureAnswer): string =>
  answer.measure === 'forecast-total' && answer.processes.some((one) => one.timezone !== answer.timezone)
    ? 'days begin where each process is'
    : `days begin in ${answer.timezone}`;

/** A report for the terminal. */
export function reportText(answer: MeasureAnswer, paint: Paint): string {
  const { title, asked, sections, notes } = reportOf(answer);
  return [[paint('bold', title), ...asked].join('\n'), ...sections.map(sectionText), ...notes].join('\n\n');
}

const ABOUT: Readonly<Record<MeasureAnswer['measure'], { readonly title: string; readonly notes: readonly string[] }>> = {
  pipeline: { title: 'Pipeline', notes: pipelineNotes },
  conversion: { title: 'Conversion', notes: conversionNotes },
  'cycle-time': { title: 'Cycle time', notes: cycleTimeNotes },
  forecast: { title: 'Forecast', notes: forecastNotes },
  'forecast-accuracy': { title: 'Accuracy of the forecast', notes: accuracyNotes },
  'forecast-record': { title: 'Record of forecasts and calls', notes: recordNotes },
  'forecast-total': { title: 'Forecast', notes: forecastTotalNotes },
  bridge: { title: 'Bridge', notes: bridgeNotes },
  scorecard: { title: 'Scorecard', notes: scorecardNotes },
  adherence: { title: 'Adherence', notes: adherenceNotes },
  'junk-watch': { title: 'Junk watch', notes: junkWatchNotes },
  sources: { title: 'Sources', notes: [] },
};

/** The tables of an answer that is not told apart by anything, and so has one group. */
function details(answer: MeasureAnswer): Section[] {
  switch (answer.measure) {
    case 'pipeline':
      return answer.groups.flatMap(pipeline);
    case 'conversion':
      return answer.groups.flatMap(conversion);
    case 'cycle-time':
      return answer.groups.flatMap(cycleTime);
    case 'forecast':
      return answer.groups.flatMap((group) => forecast(group, answer));
    case 'forecast-accuracy':
      return answer.groups.flatMap(accuracy);
    case 'forecast-record':
      return answer.groups.flatMap(record);
    case 'forecast-total':
      return answer.groups.flatMap((group) => forecastTotal(group, answer));
    case 'bridge':
      return answer.groups.flatMap((group) => bridge(group, answer));
    case 'scorecard':
      return answer.groups.flatMap(scorecard);
    case 'adherence':
      return [...answer.groups.flatMap(adherence), ...overall(answer)];
    case 'junk-watch':
      return answer.groups.flatMap(junkWatch);
    case 'sources':
      return answer.groups.flatMap(sources);
  }
}

/** What an answer says over all groups. */
const overall = (answer: MeasureAnswer): Section[] => (answer.measure === 'adherence' ? overallAdherence(answer) : []);

/** The headline figures of each group, one below the other. */
function comparison(answer: MeasureAnswer, by: string): Section[] {
  switch (answer.measure) {
    case 'pipeline':
      return pipelines(answer, by);
    case 'conversion':
      return conversions(answer, by);
    case 'cycle-time':
      return cycleTimes(answer, by);
    case 'forecast':
      return forecasts(answer, by);
    case 'forecast-accuracy':
      return accuracies(answer, by);
    case 'forecast-record':
      return records(answer, by);
    case 'forecast-total':
      return forecastTotals(answer, by);
    case 'bridge':
      return bridges(answer, by);
    case 'scorecard':
      return scorecards(answer, by);
    case 'adherence':
      return adherences(answer, by);
    case 'junk-watch':
      return junkGates(answer, by);
    case 'sources':
      return sourcesOfGroups(answer, by);
  }
}
