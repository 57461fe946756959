/** Replaces what Postgres cannot store or a JSON parser cannot read; the text keeps its length. */
export function toStorable(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\ufffd') : wellFormed;
}

/** Leaves out what no reader sees and a model reads all the same: tag characters, bidi controls, spaces of no width. */
export function withoutUnseen(text: string): string {
  return text.replace(/[\u{e0000}-\u{e007f}\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff]/gu, '');
}
