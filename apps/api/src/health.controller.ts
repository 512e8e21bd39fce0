import { Controller, Get, Inject, Injectable, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { SalesDesk, type ReadinessReport } from '@coxswain/sales-desk';
import type { FastifyReply } from 'fastify';
import { Open } from './access.js';
import { readiness } from './examples.js';
import { Metrics } from './metrics.js';
import { DescribesQuestion } from './openapi.js';

/** What the service is busy with before it can serve, such as loading the demo company; null once it can. */
@Injectable()
export class Progress {
  busyWith: string | null = null;
  /** Requests that are not yet answered whole. */
  running = 0;
}

/** For whoever runs the service. */
@ApiTags('running it')
@Controller()
export class HealthController {
  constructor(
    @Inject(SalesDesk) private readonly desk: SalesDesk,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Progress) private readonly progress: Progress,
  ) {}

  @Get('health/live')
  @Open()
  @DescribesQuestion('Is the process alive?', { example: { status: 'alive' }, open: true })
  live(): { readonly status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('health/ready')
  @Open()
  @DescribesQuestion('Can it serve? Writes to the store to find out; 503 when not', { example: readiness, open: true })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReport & { readonly busyWith: string | null }> {
    const report = await this.desk.readiness();
    const { busyWith } = this.progress;
    const ready = report.ready && busyWith === null;
    if (!ready) void reply.status(503).header('retry-after', '2');
    return { ...report, ready, busyWith };
  }

  @Get('metrics')
  @Open('loopback')
  @ApiBearerAuth()
  @DescribesQuestion('Figures for Prometheus; needs a token unless the service listens on loopback', {
    example: '',
    type: 'text/plain',
  })
  async figures(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { projections, openDeadlines } = await this.desk.readiness();
    this.metrics.projections(projections, openDeadlines);
    void reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}
