/** Work on one subject waits for its turn; work on different subjects goes on side by side. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  take<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(subject) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(subject, settled);
    void settled.then(() => {
      if (this.last.get(subject) === settled) this.last.delete(subject);
    });
    return mine;
  }
}
