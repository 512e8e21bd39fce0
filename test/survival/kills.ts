import { Clients } from './clients.js';
import { discrepancies } from './ledger.js';
import { dice, pause, quantile, Survivor } from './service.js';

export interface KillReport {
  readonly kills: number;
  readonly killsWhileStarting: number;
  readonly acknowledged: number;
  readonly events: number;
  readonly askedAgain: number;
  readonly ofThoseDoneBefore: number;
  readonly restartMsMedian: number | null;
  readonly restartMsP99: number | null;
  /** Everything that does not fit; nothing is expected here. */
  readonly wrong: readonly string[];
}

/**
 * Kills the service at random moments while clients send commands, starts it again and compares the whole log with what was answered.
 * `whileStarting` of the kills come before the new process listens. Ends once it has had so many kills and so many answers.
 */
export async function killUnderLoad(settings: {
  readonly kills: number;
  readonly whileStarting: number;
  readonly acknowledged: number;
  readonly clients: number;
  readonly seed: number;
}): Promise<KillReport> {
  const roll = dice(settings.seed);
  const survivor = await Survivor.make();
  const clients = new Clients(survivor, { clients: settings.clients, dice: roll });
  const restarts: number[] = [];
  const wrong: string[] = [];
  let underLoad = 0;
  let starting = 0;
  let events = 0;
  try {
    let service = await survivor.start();
    await survivor.publish(service.url);
    await clients.begin(service.url);
    const wanted = settings.kills - settings.whileStarting;
    while (wrong.length === 0 && (underLoad < wanted || clients.acknowledged < settings.acknowledged)) {
      const running = clients.run(service.url);
      await pause(30 + roll() * 370);
      await survivor.kill(service);
      await running;
      underLoad += 1;

      while (starting < Math.floor((underLoad / wanted) * settings.whileStarting)) {
        const begun = survivor.spawn();
        await pause(20 + roll() * 600);
        await survivor.kill(begun);
        starting += 1;
      }
      const before = performance.now();
      service = await survivor.start();
      restarts.push(performance.now() - before);
      const log = await survivor.log();
      events = log.length;
      wrong.push(...discrepancies(clients.asked, log, 'rita'), ...clients.strange);
    }
    // What the last kill left unanswered is asked again too.
    const running = clients.run(service.url);
    await pause(300);
    clients.stop();
    await running;
    const log = await survivor.log();
    wrong.push(...discrepancies(clients.asked, log, 'rita'), ...clients.strange);
    if (clients.asked.some(({ outcome }) => outcome === 'unknown')) wrong.push('a command is still without an answer');
    events = log.length;
    await survivor.kill(service);
  } finally {
    await survivor.remove();
  }
  return {
    kills: underLoad + starting,
    killsWhileStarting: starting,
    acknowledged: clients.acknowledged,
    events,
    askedAgain: clients.repeats.asked,
    ofThoseDoneBefore: clients.repeats.doneBefore,
    restartMsMedian: rounded(quantile(restarts, 0.5)),
    restartMsP99: rounded(quantile(restarts, 0.99)),
    wrong,
  };
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
