/** A longer wait is nonsense, such as a point in time in place of a duration. */
const waitMsMax = 31 * 24 * 60 * 60 * 1000;

/**
 * When the provider wants to be asked again, in milliseconds from now: by its headers, else by the details of its error, else by its
 * sentence. Null where it does not say, or says what cannot be: nothing, the past, words.
 */
export function retryAfter(
  headers: Headers | undefined,
  details: readonly Record<string, unknown>[],
  sentence: string,
): number | null {
  const told = [
    numberOf(headers?.get('retry-after-ms')),
    secondsOrDate(headers?.get('retry-after') ?? ''),
    ...details.map(({ retryDelay }) => durationOf(typeof retryDelay === 'string' ? retryDelay : '')),
    durationOf(inSentence.exec(sentence)?.[1] ?? ''),
  ];
  return told.find((ms) => ms !== null && ms > 0 && ms <= waitMsMax) ?? null;
}

function numberOf(value: string | null | undefined): number | null {
  return value && /^\s*(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : null;
}

/** `Retry-After` is seconds or a date of HTTP. */
function secondsOrDate(value: string): number | null {
  const seconds = numberOf(value);
  if (seconds !== null) return seconds * 1000;
  // `Date.parse` would make a date of "-5" as well.
  if (!/^\s*[A-Z][a-z]+,? /.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : date - Date.now();
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `25s`, `1.2 seconds`, `7m12.5s`, `20ms`. */
const inSentence =
  /\b(?:try again|retry|retrying|wait|available again|resets?)\b[^.\d]{0,30}?((?:\d+(?:\.\d+)?\s{0,2}(?:ms|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|[smhd])\b\s{0,2}|\d+(?:\.\d+)?(?:ms|[hms])){1,4})/i;

function durationOf(text: string): number | null {
  let ms: number | null = null;
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    const name = /^(ms|milli)/i.test(unit) ? 'ms' : (unit.charAt(0).toLowerCase() as keyof typeof unitMs);
    ms = (ms ?? 0) + Number(count) * (unitMs[name] ?? 0);
  }
  return ms === null ? null : Math.round(ms);
}
