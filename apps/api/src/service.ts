import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SalesDesk } from '@coxswain/sales-desk';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actorIdOf, TokenCheck } from './access.js';
import { ApiModule } from './api.module.js';
import type { Configuration } from './configuration.js';
import { serveConsole } from './console.js';
import { openWithDemo } from './demo.js';
import { serveDocs } from './docs.js';
import { Progress } from './health.controller.js';
import { KnownRoutes } from './known-routes.js';
import { StructuredLogger } from './logging.js';
import { measuringFor, type Measuring } from './measuring.js';
import { Metrics } from './metrics.js';
import { describeService } from './openapi.js';
import { BODY_LIMIT_BYTES, readBodies } from './parsers.js';
import { pathOf, sendProblem, transportProblem } from './problem.filter.js';
import { ProblemAnswer } from './problem.js';

export interface ServiceOptions {
  /** The present instant; injected, so that a test can run a year in a second. */
  readonly now?: () => Date;
  /** Whether to watch event loop and memory of the process for `/metrics`; for the one service of a process. */
  readonly watchProcess?: boolean;
}

export interface Service {
  /** Where it listens: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** The Nest application, for whoever wants to look inside. */
  readonly app: NestFastifyApplication;
  readonly desk: SalesDesk;
  /** Takes no new request, finishes those that run, ends the event streams, then closes desk and store. Idempotent. */
  stop(): Promise<void>;
}

/** Opens the store, the desk over it and the HTTP door before it; loads the demo company where that is asked. Resolves once it is ready. */
export async function startService(configuration: Configuration, options: ServiceOptions = {}): Promise<Service> {
  const { now = () => new Date(), watchProcess = false } = options;
  const structured = new StructuredLogger(configuration.logLevel);
  Logger.overrideLogger(structured);
  const logger = new Logger('coxswain');

  const memory = await openWithDemo(configuration, now, logger);
  let opened: SalesDesk | null = null;
  let beside: Measuring | null = null;
  try {
    const desk = (opened = await SalesDesk.open({
      store: memory.store,
      readModels: memory.readModels,
      leading: memory.leading,
      now,
      log: ({ level, message, ...details }) => logger[level === 'info' ? 'log' : level]({ message, ...details }),
    }));
    const metrics = new Metrics();
    if (watchProcess) metrics.watchProcess();
    const progress = new Progress();
    const routes = new KnownRoutes();
    const tokens = await TokenCheck.open(configuration, now);
    const measuring = (beside = measuringFor(configuration, desk, { ownClock: options.now !== undefined, logger }));

    const adapter = new FastifyAdapter({
      bodyLimit: BODY_LIMIT_BYTES,
      genReqId: requestId,
      requestTimeout: 0,
      // Room for an address that names 500 deals.
      http: { maxHeaderSize: HEADERS_LIMIT_BYTES },
      // Whoever is connected already when the service stops is still served, once.
      return503OnClosing: false,
      routerOptions: { maxParamLength: 500 },
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        sendProblem(
          reply,
          transportProblem(error) ?? new ProblemAnswer(400, 'request-invalid', 'The address cannot be read.'),
          request,
        ),
    });
    const http: FastifyInstance = adapter.getInstance();
    readBodies(http, {
      processFiles: ['/v1/processes', '/v1/processes/:id/drafts', '/v1/processes/:id/diff'],
      imports: ['/v1/imports', '/v1/imports/preview'],
      targets: '/v1/targets',
    });
    watchRequests(http, { metrics, routes, progress });

    const app = await NestFactory.create<NestFastifyApplication>(
      ApiModule.with({ configuration, store: memory.store, desk, measuring, tokens, routes, metrics, progress, now }),
      adapter,
      { bodyParser: false, logger: structured, abortOnError: false },
    );
    serveDocs(http, describeService(app));
    serveConsole(http);

    await app.listen(configuration.port, configuration.host);
    const { forecasts } = configuration;
    desk.startScheduler(
      undefined,
      forecasts === 'off'
        ? null
        : { every: forecasts === 'daily' ? 'day' : 'week', ask: (query) => measuring.measure('forecast', query) },
    );

    const warming = setTimeout(() => measuring.warm(), WARM_AFTER_MS).unref();
    let stopping: Promise<void> | null = null;
    const stop = async (): Promise<void> => {
      progress.busyWith = 'stopping';
      clearTimeout(warming);
      const ending = endConnections(http.server, progress);
      await app.close().finally(() => clearInterval(ending));
      await measuring.close();
      await desk.close();
      await memory.close();
    };
    return { url: (await app.getUrl()).replace('[::1]', 'localhost'), app, desk, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await beside?.close();
    await opened?.close();
    await memory.close();
    throw error;
  }
}

/** The id a caller gave its request, where it is a plain word, else one of our own. */
function requestId(request: { readonly headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

/** So that the first who ask are not kept waiting by it. */
const WARM_AFTER_MS = 1_000;
const HEADERS_LIMIT_BYTES = 65_536;
const LOOK_EVERY_MS = 50;
const QUIET_LOOKS = 10;

/** While the service stops: ends connections as they fall idle and, once no request has run for half a second, also those that never asked. */
function endConnections(server: FastifyInstance['server'], progress: Progress): NodeJS.Timeout {
  let quiet = 0;
  return setInterval(() => {
    server.closeIdleConnections();
    quiet = progress.running === 0 ? quiet + 1 : 0;
    if (quiet >= QUIET_LOOKS) server.closeAllConnections();
  }, LOOK_EVERY_MS);
}

function watchRequests(
  http: FastifyInstance,
  { metrics, routes, progress }: { metrics: Metrics; routes: KnownRoutes; progress: Progress },
): void {
  const logger = new Logger('requests');
  http.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(one, url);
  });
  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    progress.running += 1;
    reply.raw.once('close', () => (progress.running -= 1));
    done();
  });
  http.addHook('onSend', (_request, reply, _body, done) => {
    // While stopping, a client that keeps its connection would keep the service from ending.
    if (progress.busyWith === 'stopping') void reply.header('connection', 'close');
    done();
  });
  http.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    // An event stream lasts as long as its client likes, which says nothing about speed.
    if (route !== '/v1/stream') metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    logger.debug({
      message: `${request.method} ${pathOf(request)} ${reply.statusCode}`,
      requestId: request.id,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      by: actorIdOf(request),
    });
    done();
  });
}
