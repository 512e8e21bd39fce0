import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { readImportMap, SalesDesk } from '@coxswain/sales-desk';

export type CheckedMap = ReturnType<typeof readImportMap>;

/** Whether an import map can be used: by itself, and with the process it is for as that is published. */
export class CheckMap extends Query<CheckedMap> {
  constructor(readonly text: string) {
    super();
  }
}

@QueryHandler(CheckMap)
export class CheckMapHandler implements IQueryHandler<CheckMap> {
  constructor(@Inject(SalesDesk) private readonly desk: SalesDesk) {}

  async execute({ text }: CheckMap): Promise<CheckedMap> {
    return checkMap(text, this.desk);
  }
}

export function checkMap(text: string, desk: Pick<SalesDesk, 'process'>): CheckedMap {
  const read = readImportMap(text);
  if (!read.map) return read;
  const process = desk.process(read.map.process);
  if (process) return readImportMap(text, process.definition);
  const message = `No process "${read.map.process}" is published.`;
  return {
    map: null,
    problems: [{ code: 'no-such-process', severity: 'error', line: 1, column: 1, message, suggestion: 'Publish it first.' }],
  };
}
