/** Replaces what Postgres cannot store or a JSON parser cannot read; the text keeps its length. */
export function toStorable(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\ufffd') : wellFormed;
}

/** JSON of the value, with each text in it as `toStorable` makes it. */
export function toStorableJson(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) => (typeof one === 'string' ? toStorable(one) : one));
}

/**
 * Leaves out what no reader sees and a model reads all the same: tag characters, bidi controls, spaces of no width, fillers,
 * what only terminals obey, and rows of variation selectors or joiners, single ones of which belong to scripts and emoji.
 */
export function withoutUnseen(text: string): string {
  return text.replace(unseen, '');
}

const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u{e0000}-\u{e0fff}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u202a-\u202e\u2066-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\u034f|[\ufe00-\ufe0f]{2,}|[\u200c-\u200f]{2,}/gu;
