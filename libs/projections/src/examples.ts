/** The first so many in order of their deals' ids, found one by one: which are shown must not follow from the order in which deals are held. */
export class Examples<One> {
  private readonly first: { readonly id: string; readonly one: One }[] = [];

  constructor(private readonly most: number) {}

  add(id: string, one: One): void {
    const { first, most } = this;
    if (first.length === most && id >= first[most - 1]!.id) return;
    first.splice(first.findLastIndex((other) => other.id <= id) + 1, 0, { id, one });
    if (first.length > most) first.pop();
  }

  list(): readonly One[] {
    return this.first.map(({ one }) => one);
  }
}

const MOST_IDS = 5;

/** How often, of how many deals, and which for example. Deals are counted one after the other. */
export class Occurrences {
  times = 0;
  deals = 0;
  private last: string | null = null;
  private readonly ids = new Examples<string>(MOST_IDS);

  add(deal: string): void {
    this.times++;
    if (deal === this.last) return;
    this.last = deal;
    this.deals++;
    this.ids.add(deal, deal);
  }

  examples(): readonly string[] {
    return this.ids.list();
  }
}
