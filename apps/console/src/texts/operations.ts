/** What the pages for operations say. */
export const operations = {} as const;
