/** Gemini's generations differ in how they think and in what they want given back. */
export interface Generation {
  /** 2.5, 3, 3.5; null: not told by the name, or not Gemini. */
  version: number | null;
  /** Whether it wants the proofs of its thoughts back, names its calls, and thinks in levels. */
  isThird: boolean;
}

/** By the model's name; the newest model of a kind, such as `gemini-flash-latest`, is of the third generation or later. */
export function generationOf(model: string): Generation {
  const [, digits] = /gemini-(\d+(?:\.\d+)?)/.exec(model) ?? [];
  const version = digits === undefined ? null : Number(digits);
  const isThird = version === null ? /gemini-.*latest/.test(model) : version >= 3;
  return { version, isThird };
}
