/** Work on one subject waits for its turn; work on different subjects goes on side by side. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  take<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(subject) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled: Promise<void> = mine.then(
      () => this.leave(subject, settled),
      () => this.leave(subject, settled),
    );
    this.last.set(subject, settled);
    return mine;
  }

  private leave(subject: string, turn: Promise<unknown>): void {
    if (this.last.get(subject) === turn) this.last.delete(subject);
  }
}
