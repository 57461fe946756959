/** A piece of a line, with its colour in the light and in the dark theme. */
export interface ColouredToken {
  text: string;
  light: string | undefined;
  dark: string | undefined;
}

export type ColouredLine = readonly ColouredToken[];

/** What the page asks: the colours of a block's code as it is now, or to forget a block that is gone. */
export type ColoursRequest =
  | { block: number; code: string; language: string; isIncomplete: boolean }
  | { block: number; ended: true };

/** The block's lines from the line `from` on; those before it are as they were. Null: nobody knows the language. */
export interface ColoursReply {
  block: number;
  from: number;
  lines: ColouredLine[] | null;
}
