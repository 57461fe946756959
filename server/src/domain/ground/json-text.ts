/** UTF-16 code units of a text within a value that are written at once. */
const SLICE_LENGTH = 64 * 1024;

/** Writes a value as JSON.stringify does, arrays and plain objects part by part, long texts in slices, all else whole. */
export function* jsonText(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    let before = '[';
    for (const item of value) {
      yield before;
      yield* jsonText(item);
      before = ',';
    }
    yield before === '[' ? '[]' : ']';
  } else if (isPlain(value)) {
    let before = '{';
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined || typeof item === 'function') continue;
      yield before;
      yield* stringText(key);
      yield ':';
      yield* jsonText(item);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else if (typeof value === 'string') yield* stringText(value);
  else yield JSON.stringify(value) ?? 'null';
}

function* stringText(text: string): Generator<string> {
  if (text.length <= SLICE_LENGTH) return yield JSON.stringify(text);
  yield '"';
  for (let start = 0; start < text.length; ) {
    let end = start + SLICE_LENGTH;
    // Half of a surrogate pair would be written as an escape.
    if ((text.codePointAt(end - 1) ?? 0) > 0xffff) end += 1;
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield '"';
}

/** Whether the value is an object without a class that writes itself. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
