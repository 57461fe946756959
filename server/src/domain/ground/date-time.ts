/**
 * Reads a date as RFC 3339 writes it, with or without a time; null if it is no such date, or a day that does not exist.
 */
export function parseDateTime(text: string): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)(?:T|$)/.exec(text) ?? [];
  const date = new Date(text);
  if (day === undefined || Number.isNaN(date.getTime())) return null;
  // Without this check the 31st of February would be a day in March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= lastDay ? date : null;
}
