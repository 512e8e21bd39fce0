import { ConsoleLogger, type LogLevel as NestLevel } from '@nestjs/common';
import type { LogLevel } from './configuration.js';

const LEVELS: Readonly<Record<LogLevel, NestLevel[]>> = {
  debug: ['debug', 'log', 'warn', 'error', 'fatal'],
  info: ['log', 'warn', 'error', 'fatal'],
  warn: ['warn', 'error', 'fatal'],
  error: ['error', 'fatal'],
};

/** Nest tells its own assembly in forty lines at every start; nobody who runs the service has a use for them. */
const ABOUT_NEST = ['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'];

/** One JSON object a line on standard output. */
export class StructuredLogger extends ConsoleLogger {
  constructor(level: LogLevel) {
    super({ json: true, logLevels: LEVELS[level], colors: false });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!ABOUT_NEST.includes(String(rest.at(-1)))) super.log(message, ...(rest as [string]));
  }

  /** What keeps Nest from starting is thrown besides, and told once, where the service is started. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== 'NestApplication') super.error(message, ...(rest as [string]));
  }

  /** What a message brings along stands beside it, not inside it; an instant is a text that people can read. */
  protected override getJsonLogObject(
    ...[message, options]: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const line = super.getJsonLogObject(message, options);
    const told = typeof message === 'object' && message !== null ? message : { message };
    return { ...line, ...told, timestamp: new Date(line.timestamp).toISOString() } as unknown as ReturnType<
      ConsoleLogger['getJsonLogObject']
    >;
  }
}
