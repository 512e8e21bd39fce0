import type { DealColumns } from '@coxswain/projections';

/** How much runs under one version of a process. */
export interface VersionUse {
  readonly version: number;
  readonly deals: number;
  /** Neither won nor lost, and no customer. */
  readonly open: number;
  /** The open ones by team, most first; null for those of no team. */
  readonly teams: readonly { readonly team: string | null; readonly open: number }[];
}

/** By version, ascending; only those that a deal is on. */
export function versionUse({ heads, deals }: DealColumns, process: string): readonly VersionUse[] {
  const isOf = heads.matching({ process });
  const found = new Map<number, { deals: number; open: number; teams: Map<string | null, number> }>();
  for (let deal = 0; deal < deals; deal++) {
    if (!isOf(deal)) continue;
    const {
      process: { version },
      result,
      team,
    } = heads.head(deal);
    let one = found.get(version);
    if (!one) found.set(version, (one = { deals: 0, open: 0, teams: new Map() }));
    one.deals++;
    if (result !== null) continue;
    one.open++;
    one.teams.set(team, (one.teams.get(team) ?? 0) + 1);
  }
  return [...found]
    .toSorted(([a], [b]) => a - b)
    .map(([version, { deals: all, open, teams }]) => ({
      version,
      deals: all,
      open,
      teams: Array.from(teams, ([team, of]) => ({ team, open: of })).toSorted(
        (a, b) => b.open - a.open || ((a.team ?? '\uffff') < (b.team ?? '\uffff') ? -1 : 1),
      ),
    }));
}
