/** What is written as RFC 3339 has it, of which the time may be left out; null: it is no such date, or no day there is. */
export function parseDateTime(text: string): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)(?:T|$)/.exec(text) ?? [];
  const date = new Date(text);
  if (day === undefined || Number.isNaN(date.getTime())) return null;
  // Else the 31st of February is a day in March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= lastDay ? date : null;
}
