import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Actor, Problem } from '@coxswain/sales-process';
import {
  besideFile,
  fileSource,
  importFile,
  SalesDesk,
  type CommandOptions,
  type DealOutcome,
  type DealRequest,
  type ImportOptions,
  type ImportReport,
  type PublishAnswer,
  type PublishOptions,
  type ReportLine,
} from '@coxswain/sales-desk';
import { checkMap } from './import-maps.queries.js';
import type { Measuring } from './measuring.js';
import { notFound, ProblemAnswer } from './problem.js';
import { MEASURING } from './tokens.js';

/** What can be asked of the company's deals and processes: one class for each kind of answer. */

/** Asks something of one deal. `id` is null for a capture. */
export class DecideOpportunity extends Command<DealOutcome> {
  constructor(
    readonly id: string | null,
    readonly request: DealRequest,
    readonly options: CommandOptions,
  ) {
    super();
  }
}

@CommandHandler(DecideOpportunity)
export class DecideOpportunityHandler implements ICommandHandler<DecideOpportunity> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ id, request, options }: DecideOpportunity): Promise<DealOutcome> {
    return this.desk.command(id, request, options);
  }
}

/** Checks a process file and, unless it is a dry run, puts it in force. */
export class PublishProcess extends Command<PublishAnswer> {
  constructor(
    readonly file: string,
    readonly format: 'yaml' | 'json',
    readonly actor: Actor,
    readonly options: PublishOptions,
  ) {
    super();
  }
}

@CommandHandler(PublishProcess)
export class PublishProcessHandler implements ICommandHandler<PublishProcess> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  execute({ file, format, actor, options }: PublishProcess): Promise<PublishAnswer> {
    return this.desk.publish(file, format, actor, options);
  }
}

/** The projections that were folded again. */
export interface Rebuilt {
  readonly rebuilt: readonly string[];
}

/** Folds the whole log again for one projection, or for all. */
export class RebuildProjection extends Command<Rebuilt> {
  constructor(readonly projection: string | undefined) {
    super();
  }
}

@CommandHandler(RebuildProjection)
export class RebuildProjectionHandler implements ICommandHandler<RebuildProjection> {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(MEASURING) private readonly measuring: Measuring,
  ) {}

  async execute({ projection }: RebuildProjection): Promise<Rebuilt> {
    const known = (await this.desk.projections()).projections;
    const [first, ...others] = known.filter(({ name }) => projection === undefined || name === projection);
    if (!first)
      throw notFound(
        'no-such-projection',
        `There is no projection "${projection}"; there are ${known.map(({ name }) => name).join(', ')}.`,
      );
    if ([first, ...others].some(({ rebuilding }) => rebuilding !== null))
      throw new ProblemAnswer(
        409,
        'rebuild-underway',
        'It is being rebuilt already. Look at GET /v1/projections how far it has come.',
      );
    const rebuilt = await this.desk.rebuild(projection);
    await this.measuring.renew();
    return { rebuilt };
  }
}

/** What was wrong with single rows, as far as an answer can hold it. */
export interface RowProblems {
  /** The first 1,000, as they were found. */
  readonly problems: readonly ReportLine[];
  /** How many there were in all. */
  readonly problemsInAll: number;
}

export type ImportOutcome = (ImportReport & RowProblems) | { readonly mapProblems: readonly Problem[] };

export interface ImportRequest {
  /** Where the file lies. */
  readonly file: string;
  /** What the report calls it. */
  readonly name: string;
  /** The text of the map. */
  readonly map: string;
  /** Where the files of the map's lookups lie. */
  readonly lookupsDir: string;
  /** The only files there that its lookups may name; null for all, where the map itself stands in that folder. */
  readonly lookupsOf: readonly string[] | null;
  readonly dryRun: boolean;
  readonly onProgress?: NonNullable<ImportOptions['onProgress']>;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** Brings a file of the past in through the one door. */
export class ImportHistory extends Command<ImportOutcome> {
  constructor(readonly request: ImportRequest) {
    super();
  }
}

const MOST_ROW_PROBLEMS = 1_000;

@CommandHandler(ImportHistory)
export class ImportHistoryHandler implements ICommandHandler<ImportHistory> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ request }: ImportHistory): Promise<ImportOutcome> {
    const { map, problems: mapProblems } = checkMap(request.map, this.desk);
    if (!map) return { mapProblems };

    const problems: ReportLine[] = [];
    let problemsInAll = 0;
    const report = new Writable({
      write(lines: Buffer, _encoding, done) {
        for (const line of lines.toString().split('\n').filter(Boolean))
          if (++problemsInAll <= MOST_ROW_PROBLEMS) problems.push(JSON.parse(line) as ReportLine);
        done();
      },
    });
    const inFolder = besideFile(join(request.lookupsDir, 'the file'));
    const allowed = (file: string): boolean => request.lookupsOf?.includes(file) ?? true;
    const done = await importFile(this.desk, {
      file: { ...fileSource(request.file), name: request.name },
      map,
      lookups: (file) => (allowed(file) ? inFolder(file) : null),
      lookupMissing: (file) =>
        allowed(file)
          ? `The map needs the file "${file}" in the folder of maps of the service (COXSWAIN_MAPS); it is not there.`
          : `A map that is sent along looks up only what a map in the folder of maps of the service (COXSWAIN_MAPS) names; "${file}" is none of that.`,
      dryRun: request.dryRun,
      spillTo: dirname(request.file),
      report,
      ...(request.onProgress && { onProgress: request.onProgress }),
      ...(request.signal && { signal: request.signal }),
    });
    return { ...done, problems, problemsInAll };
  }
}
