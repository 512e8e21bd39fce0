/** What the pages for auditors say. */
export const auditors = {} as const;
