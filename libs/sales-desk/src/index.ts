export { backTests, backTestStream, type BackTestRecord } from './back-tests.js';
export type { BackTestOutcome, BackTestRequest, BackTestStatus } from './back-testing.js';
export { BOARD_SORTS } from './board-pages.js';
export * from './catalogue.js';
export { CONTENT_NAME, type ProcessContent } from './content.js';
export type * from './contract.js';
export * from './deal-file.js';
export * from './demo/index.js';
export type { DraftRefused, Tried } from './drafted.js';
export { DealsView } from './deals-view.js';
export * from './desk.js';
export * from './ids.js';
export * from './import/index.js';
export * from './local-access.js';
export { SEARCH_ORDERS, STEP_OUTCOMES, type LogQuestion } from './log-search.js';
export type { AskForecast, PlanOutcome } from './planning.js';
export type {
  MigrationGroup,
  MigrationOutcome,
  MigrationProgress,
  MigrationReport,
  MigrationRequest,
  MigrationStatus,
} from './migrating.js';
export * from './migrations.js';
export { versionSummary, type VersionSummary } from './version-summary.js';
export type { VersionUse } from './version-use.js';
export * from './export/index.js';
export { shadows, shadowStream, type ShadowSample } from './shadows.js';
export type { ShadowOutcome, ShadowRequest, ShadowRule, ShadowStatus } from './shadowing.js';
export { readTargetsCsv, type TargetRowProblem } from './targets-csv.js';
export { Turns } from './turns.js';
