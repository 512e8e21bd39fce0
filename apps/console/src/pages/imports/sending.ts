import { ask } from '../../api/client.js';
import type { ImportPreview, ImportStatus } from '../../api/operations-types.js';

/** How a file and its map go to the service: the map by its name, or as a text before the file. */

const PREVIEW_BYTES = 1024 * 1024;
/** Enough for examples; which texts a column has is told of all that was sent. */
const PREVIEW_ROWS = 10;

export type ChosenMap = { readonly name: string } | { readonly text: string };

const typeOf = ({ name }: File): string =>
  name.endsWith('.gz')
    ? 'application/gzip'
    : name.endsWith('.csv')
      ? 'text/csv'
      : name.endsWith('.xes') || name.endsWith('.xml')
        ? 'application/xml'
        : 'application/octet-stream';

function withMap(
  map: ChosenMap | null,
  file: File,
  content: Blob,
): { query: Record<string, string>; body: { type: string; content: Blob } } {
  const type = typeOf(file);
  if (map === null) return { query: {}, body: { type, content } };
  if ('name' in map) return { query: { map: map.name }, body: { type, content } };
  const text = new Blob([map.text]);
  return { query: { mapBytes: String(text.size) }, body: { type, content: new Blob([text, content], { type }) } };
}

/** How the file begins. With a map it is read as that says, and the map is checked. */
export function preview(file: File, map: ChosenMap | null, signal?: AbortSignal): Promise<ImportPreview> {
  const { query, body } = withMap(map, file, file.slice(0, PREVIEW_BYTES));
  return ask<ImportPreview>('/v1/imports/preview', {
    method: 'POST',
    query: { ...query, rows: PREVIEW_ROWS, name: file.name },
    body,
    ...(signal && { signal }),
  });
}

/** Hands the whole file over; answers as soon as the service has it. */
export function begin(file: File, map: ChosenMap, dryRun: boolean): Promise<ImportStatus> {
  const { query, body } = withMap(map, file, file);
  return ask<ImportStatus>('/v1/imports', {
    method: 'POST',
    query: { ...query, name: file.name, background: true, ...(dryRun && { dryRun: true }) },
    body,
  });
}
