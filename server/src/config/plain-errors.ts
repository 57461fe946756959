const plainErrors = new Set([
  'BackupError',
  'ConfigError',
  'DataFolderInUseError',
  'DatabaseMissingError',
  'DatabaseUnavailableError',
  'MissingExtensionError',
  'MissingRightsError',
  'SchemaTooNewError',
]);

/** What to print of an error that ends a process: a plain sentence if the operator can mend the cause, else the stack. */
export function plainly(error: unknown): unknown {
  return error instanceof Error && plainErrors.has(error.name) ? error.message : error;
}
