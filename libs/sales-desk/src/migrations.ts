import type { Projection } from '@coxswain/projections';
import { liftedMigration, type MigrationEvent, type MigrationStarted } from '@coxswain/sales-process';

const STREAM_PREFIX = 'migration-';

export const migrationStream = (id: string): string => `${STREAM_PREFIX}${id}`;

/** A migration as its record has it. */
export interface MigrationRecord extends Omit<MigrationStarted, 'type'> {
  readonly revision: number;
  readonly state: 'running' | 'paused' | 'finished';
  readonly finished: { readonly at: string; readonly moved: number; readonly waiting: number; readonly left: number } | null;
}

/** Every migration, by its id. */
export const migrations: Projection<MigrationRecord> = {
  name: 'migrations',
  shape: '1',
  keyOf: ({ stream }) => (stream.startsWith(STREAM_PREFIX) ? stream.slice(STREAM_PREFIX.length) : null),
  fold(row, event) {
    const { revision } = event;
    const said = { type: event.type, ...liftedMigration(event) } as MigrationEvent;
    if (said.type === 'MigrationStarted') {
      const { type: _, ...started } = said;
      return { ...started, revision, state: 'running', finished: null };
    }
    if (!row) throw new Error(`the stream ${event.stream} begins with ${event.type}, not with MigrationStarted`);
    switch (said.type) {
      case 'MigrationPaused':
        return { ...row, revision, state: 'paused' };
      case 'MigrationResumed':
        return { ...row, revision, state: 'running', finished: null };
      case 'MigrationFinished': {
        const { occurredAt: at, moved, waiting, left } = said;
        return { ...row, revision, state: 'finished', finished: { at, moved, waiting, left } };
      }
    }
  },
};
