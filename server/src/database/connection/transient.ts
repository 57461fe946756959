/**
 * Whether the same statement may succeed later: no connection, too many of them, a deadlock, a restart, a server that
 * takes no writes for the moment (25006: it is being replaced by another).
 */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return !(error instanceof RangeError || error instanceof TypeError);
  // Of five characters too there are names of the system's errors (EPIPE); Postgres has no class that begins with an E.
  return !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) || /^(08|25006|40|53|55|57|58)/.test(code);
}
