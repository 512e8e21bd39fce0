/**
 * The clock of the server as it is shown: it never falls as the position grows. A cluster that changes its leader may go on with a clock
 * that is behind; from the place where that was seen, the last time is used again until the clock is past it.
 */
export class RisingTime {
  /** From this place on nothing is earlier than this; ascending in both. Empty while the server's clock never fell. */
  private readonly floors: { readonly place: number; readonly at: number }[] = [];

  /** The time to show for an event, given the time shown for an earlier one in the same reading. */
  at(place: number, created: number, before: number): number {
    const floor = this.floors.findLast((one) => one.place <= place)?.at ?? 0;
    const at = Math.max(created, before, floor);
    if (at > created && at > floor) this.note(place, at);
    return at;
  }

  private note(place: number, at: number): void {
    const index = this.floors.findIndex((one) => one.place > place);
    const rest = index < 0 ? [] : this.floors.splice(index);
    this.floors.push({ place, at }, ...rest.filter((one) => one.at > at));
  }
}
