/** What the pages for imports say. */
export const imports = {} as const;
