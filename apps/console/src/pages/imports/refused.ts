/** The rows of a CSV file that were refused, as they stand in it, below its header: ready to be put right and imported again with the same map. */

const LINE_FEED = 10;
const QUOTE = 34;

/** Larger files are not read as a whole here. */
export const MOST_BYTES = 300_000_000;

export async function refusedRows(file: File, lines: ReadonlySet<number>): Promise<Blob> {
  const whole = file.name.endsWith('.gz') ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  return new Blob(rowsOf(new Uint8Array(await new Response(whole).arrayBuffer()), lines), { type: 'text/csv' });
}

/** The header, and each row that begins on one of the lines. Bytes are left as they are, whatever they are written in. */
export function rowsOf(bytes: Uint8Array<ArrayBuffer>, lines: ReadonlySet<number>): Uint8Array<ArrayBuffer>[] {
  const rows: Uint8Array<ArrayBuffer>[] = [];
  let [begin, beganOn, line, within] = [0, 1, 1, false];
  const end = (at: number): void => {
    if (beganOn === 1 || lines.has(beganOn)) rows.push(bytes.subarray(begin, at));
  };
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) within = !within;
    if (bytes[at] !== LINE_FEED) continue;
    line++;
    if (within) continue;
    end(at + 1);
    [begin, beganOn] = [at + 1, line];
  }
  if (begin < bytes.length) end(bytes.length);
  return rows;
}
