import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { EventStore } from '@coxswain/event-store';
import { SalesDesk } from '@coxswain/sales-desk';
import { BackTestsController } from './back-tests.controller.js';
import { BoardController } from './board.controller.js';
import { BatchController } from './batch.controller.js';
import { AccessGuard, AccessRules, TokenCheck } from './access.js';
import * as changeCommands from './changes.commands.js';
import { ChangesController } from './changes.controller.js';
import * as changeQueries from './changes.queries.js';
import * as commands from './commands.js';
import type { Configuration } from './configuration.js';
import { EventStreams } from './event-streams.js';
import { HealthController, Progress } from './health.controller.js';
import { ImportsController } from './imports.controller.js';
import { CheckMapHandler } from './import-maps.queries.js';
import { ImportRuns } from './import-runs.js';
import { KnownRoutes } from './known-routes.js';
import { LocalController, MeController } from './local.controller.js';
import { LogController } from './log.controller.js';
import { MeasuresController } from './measures.controller.js';
import type { Measuring } from './measuring.js';
import { Metrics } from './metrics.js';
import { MigrationsController } from './migrations.controller.js';
import { OpportunitiesController } from './opportunities.controller.js';
import * as planCommands from './plan.commands.js';
import { PlanController } from './plan.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { ProcessesController } from './processes.controller.js';
import { ProjectionsController } from './projections.controller.js';
import * as queries from './queries.js';
import { ShadowsController } from './shadows.controller.js';
import { ShapePipe } from './shape.js';
import { TRIAL_HANDLERS } from './trials.commands.js';
import { CONFIGURATION, MEASURING, NOW, STORE } from './tokens.js';
import { WalkDealHandler, WalksController } from './walks.controller.js';

export interface ApiParts {
  readonly configuration: Configuration;
  readonly store: EventStore;
  readonly desk: SalesDesk;
  readonly measuring: Measuring;
  readonly tokens: TokenCheck;
  readonly routes: KnownRoutes;
  readonly metrics: Metrics;
  readonly progress: Progress;
  readonly now: () => Date;
}

@Module({})
export class ApiModule {
  static with({ configuration, store, desk, measuring, tokens, routes, metrics, progress, now }: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        ProcessesController,
        ChangesController,
        MigrationsController,
        BackTestsController,
        ShadowsController,
        WalksController,
        OpportunitiesController,
        BoardController,
        BatchController,
        MeasuresController,
        PlanController,
        LogController,
        ImportsController,
        ProjectionsController,
        HealthController,
        LocalController,
        MeController,
      ],
      providers: [
        { provide: CONFIGURATION, useValue: configuration },
        { provide: STORE, useValue: store },
        { provide: NOW, useValue: now },
        { provide: SalesDesk, useValue: desk },
        { provide: MEASURING, useValue: measuring },
        { provide: TokenCheck, useValue: tokens },
        { provide: KnownRoutes, useValue: routes },
        { provide: Metrics, useValue: metrics },
        { provide: Progress, useValue: progress },
        { provide: AccessRules, useValue: new AccessRules(configuration) },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: ShapePipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
        EventStreams,
        ImportRuns,
        CheckMapHandler,
        commands.DecideOpportunityHandler,
        commands.PublishProcessHandler,
        commands.ImportHistoryHandler,
        commands.RebuildProjectionHandler,
        planCommands.SetTargetsHandler,
        planCommands.MakeCallHandler,
        planCommands.IssueForecastsHandler,
        ...TRIAL_HANDLERS,
        queries.ProcessesInForceHandler,
        queries.ProcessVersionsHandler,
        queries.ProcessWithUseHandler,
        changeCommands.SaveDraftHandler,
        changeCommands.PublishDraftHandler,
        changeCommands.RollOutHandler,
        changeCommands.RetireHandler,
        changeCommands.StartMigrationHandler,
        changeCommands.SteerMigrationHandler,
        changeQueries.DraftsHandler,
        changeQueries.DiffHandler,
        changeQueries.MigrationPlanHandler,
        changeQueries.MigrationsHandler,
        queries.ProjectionsHandler,
        queries.ThePlanHandler,
        queries.BoardHandler,
        queries.BoardHeadsHandler,
        queries.OneOpportunityHandler,
        queries.WaysOnHandler,
        queries.DealRecordHandler,
        queries.DealReplayHandler,
        queries.DealVerificationHandler,
        queries.LogPageHandler,
        queries.MeasureHandler,
        queries.DealsBehindFigureHandler,
        WalkDealHandler,
      ],
    };
  }
}
