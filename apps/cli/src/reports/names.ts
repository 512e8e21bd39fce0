/** How groups and stages are named in every report. */

export const named = ({ group }: { readonly group: string | null }): string => group ?? 'not said';

export const labelled = ({ label, retired }: { readonly label: string; readonly retired: boolean }): string =>
  retired ? `${label} (retired)` : label;
