import type { WorkingHours } from './process.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const PART = /^([a-z]{3})(?:-([a-z]{3}))? (\d{2}):(\d{2})-(\d{2}):(\d{2})$/i;

/** Monday to Friday, nine to five. */
export const USUAL_HOURS = 'Mon-Fri 09:00-17:00';

/** Open hours as written in a process file (`Mon-Thu 09:00-12:00, Mon-Thu 13:00-18:00, Fri 09:00-15:00`), or what is wrong with them. */
export function readWorkingHours(text: string): WorkingHours | { readonly wrong: string } {
  const hours: Record<number, { readonly from: number; readonly to: number }[]> = {};
  for (const part of text.split(',').map((one) => one.trim())) {
    const found = PART.exec(part);
    const first = DAYS.indexOf(found?.[1]?.toLowerCase() ?? '');
    const last = found?.[2] === undefined ? first : DAYS.indexOf(found[2].toLowerCase());
    if (!found || first < 0 || last < 0)
      return { wrong: `"${part}" is not read as open hours; they are written like Mon-Fri 09:00-18:00` };
    if (last < first) return { wrong: `"${part}" ends on a day before it begins; write two parts` };

    const [, , , fromHour, fromMinute, toHour, toMinute] = found.map(Number) as unknown as [
      0,
      0,
      0,
      number,
      number,
      number,
      number,
    ];
    const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
    if (fromMinute > 59 || toMinute > 59 || to > 1440) return { wrong: `"${part}" names a time that does not exist` };
    if (from >= to) return { wrong: `"${part}" closes before it opens` };
    for (let day = first + 1; day <= last + 1; day++) (hours[day] ??= []).push({ from, to });
  }
  for (const parts of Object.values(hours)) parts.sort((a, b) => a.from - b.from);
  const overlap = Object.entries(hours).find(([, parts]) => parts.some(({ from }, at) => at > 0 && from < parts[at - 1]!.to));
  return overlap
    ? { wrong: `Some open hours of ${DAYS[Number(overlap[0]) - 1]!.replace(/^./, (letter) => letter.toUpperCase())} overlap` }
    : hours;
}
