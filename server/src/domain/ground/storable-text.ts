/** Replaces what Postgres cannot store or a JSON parser cannot read; the text keeps its length. */
export function toStorable(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\ufffd') : wellFormed;
}

/**
 * Leaves out what no reader sees and a model reads all the same: tag characters, rows of variation selectors, bidi controls,
 * spaces of no width, fillers, and what only terminals obey.
 */
export function withoutUnseen(text: string): string {
  return text.replace(unseen, '');
}

const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u{e0000}-\u{e007f}\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\u3164\ufeff\uffa0]|[\u{e0100}-\u{e01ef}]|[\ufe00-\ufe0f]{2,}/gu;
