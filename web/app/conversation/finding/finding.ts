/** What is looked for in a conversation, and where that begins. */
export interface Finding {
  /** Another number is another beginning, with the text selected. */
  number: number;
  text: string;
  /** The turn at which the address opens; null: the one in sight. */
  turnId: string | null;
}

/** The state of a navigation that the search itself makes on its way from one hit to the next. */
export const step = { findStep: true };

export function isStep(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'findStep' in state;
}
