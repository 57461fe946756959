/** What is looked for in a conversation, and where that begins. */
export interface Finding {
  /** Another number is another beginning, with the text selected. */
  number: number;
  text: string;
  /** The turn at which the address opens; null: the one in sight. */
  turnId: string | null;
}
