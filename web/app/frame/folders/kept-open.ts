/** This many folders stay open after the page is loaded again, those that were opened last. */
export const keptOpen = 12;
