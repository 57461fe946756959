/**
 * Whether the same statement may succeed later: the error is a lost connection, too many connections, a deadlock,
 * a restart, or a server that takes no writes for the moment (25006: another server is replacing it).
 */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return !(error instanceof RangeError || error instanceof TypeError);
  // Some of the system's error codes have five characters too (EPIPE), but no class of Postgres' codes begins with E.
  return !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) || /^(08|25006|40|53|55|57|58)/.test(code);
}
