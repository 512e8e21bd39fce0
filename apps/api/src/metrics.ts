import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus is told. One registry for each service, so that two in one process do not mix. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  private readonly requests = new Histogram({
    name: 'coxswain_http_request_duration_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  private readonly appended = new Counter({
    name: 'coxswain_events_appended_total',
    help: 'Events that came into the log since this service started.',
    registers: [this.registry],
  });

  private readonly refusals = new Counter({
    name: 'coxswain_commands_refused_total',
    help: 'Commands that were refused, by why.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  private readonly behind = new Gauge({
    name: 'coxswain_projection_behind',
    help: '1 while a projection has not folded the whole log, else 0.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly failed = new Gauge({
    name: 'coxswain_projection_failed',
    help: '1 when a projection has stopped on an error, else 0.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly lag = new Gauge({
    name: 'coxswain_projection_lag_seconds',
    help: 'How many seconds ago the first event that a projection has not folded was recorded; 0 when it has folded everything.',
    labelNames: ['projection'],
    registers: [this.registry],
  });

  private readonly deadlines = new Gauge({
    name: 'coxswain_open_deadlines',
    help: 'Time limits that are running.',
    registers: [this.registry],
  });

  private readonly followers = new Gauge({
    name: 'coxswain_stream_followers',
    help: 'Open event streams (SSE).',
    registers: [this.registry],
  });

  /** Event loop, memory, garbage collection: these watch the whole process, so only its one service asks for them. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  request(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }

  eventsCame(count: number): void {
    this.appended.inc(count);
  }

  refused(code: string): void {
    this.refusals.inc({ code });
  }

  followersNow(change: 1 | -1): void {
    this.followers.inc(change);
  }

  projections(
    states: readonly {
      readonly name: string;
      readonly behind: boolean;
      readonly behindSeconds: number;
      readonly failed: string | null;
    }[],
    openDeadlines: number,
  ): void {
    for (const { name, behind, behindSeconds, failed } of states) {
      this.lag.set({ projection: name }, behindSeconds);
      this.behind.set({ projection: name }, behind ? 1 : 0);
      this.failed.set({ projection: name }, failed === null ? 0 : 1);
    }
    this.deadlines.set(openDeadlines);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}
