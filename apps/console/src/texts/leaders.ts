/** What the pages for leaders say. */
export const leaders = {} as const;
