import { StoreUnavailable } from '@coxswain/event-store';
import { describeProblems, readConfiguration, type Configuration } from './configuration.js';
import { startService, type Service } from './service.js';

/** Starts the service as the environment says, and stops it gracefully on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const read = readConfiguration(process.env);
  if ('problems' in read) {
    process.stderr.write(`Coxswain cannot start with these settings:\n${describeProblems(read.problems)}\n`);
    process.exitCode = 2;
    return;
  }
  if (read.warnings.length > 0)
    process.stderr.write(`Settings that look like a slip, and are not used:\n${describeProblems(read.warnings)}\n`);

  const { configuration } = read;
  let service: Service;
  try {
    service = await startService(configuration, { watchProcess: true });
  } catch (error) {
    process.stderr.write(`Coxswain cannot start: ${whatHappened(error, configuration)}\n`);
    process.exitCode = 1;
    return;
  }
  welcome(service, configuration);
  stopOnSignal(service, configuration);
}

function welcome({ url }: Service, { access, localTokens }: Configuration): void {
  const lines = [`Coxswain listens at ${url} (calls: ${url}/docs)`];
  if (access.mode === 'local')
    lines.push(
      localTokens
        ? 'LOCAL MODE: this service issues its own tokens, and whoever can reach it on this machine can speak for anybody. It is not for a network.'
        : 'LOCAL MODE: this service issues its own tokens, and whoever can read its data folder can speak for anybody. It is not for a network.',
      'A token for yourself: npx coxswain token NAME --roles rep',
    );
  process.stderr.write(`${lines.join('\n')}\n`);
}

function whatHappened(error: unknown, { host, port }: Configuration): string {
  if (error instanceof StoreUnavailable) return `${error.message}. ${error.help}`;
  switch ((error as NodeJS.ErrnoException).code ?? '') {
    case 'EADDRINUSE':
      return `something else listens on port ${port} already. Stop it, or choose another port with PORT.`;
    case 'EACCES':
      return `port ${port} on ${host} is not open to this user. Choose a port above 1023 with PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine. Set HOST to 127.0.0.1, or to one of its addresses.`;
    default:
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function stopOnSignal(service: Service, { stopWithinSeconds }: Configuration): void {
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) {
      process.stderr.write('Stopping at once.\n');
      process.exit(1);
    }
    asked = true;
    process.stderr.write(`${signal}: finishing what runs, then stopping.\n`);
    setTimeout(() => {
      process.stderr.write(`Still not done after ${stopWithinSeconds} seconds; stopping at once.\n`);
      process.exit(1);
    }, stopWithinSeconds * 1000).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

await main();
