/** Whether the same statement may succeed later: no connection, too many of them, a deadlock, a restart. */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return !(error instanceof RangeError || error instanceof TypeError);
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|40|53|55|57|58)/.test(code);
}
