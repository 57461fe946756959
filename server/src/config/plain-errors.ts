const plainErrors = new Set([
  'ConfigError',
  'DataFolderInUseError',
  'DatabaseMissingError',
  'DatabaseUnavailableError',
  'MissingExtensionError',
  'MissingRightsError',
  'SchemaTooNewError',
]);

/** What is printed of an error that ends a process: what the operator can put right, plainly; else where it came from. */
export function plainly(error: unknown): unknown {
  return error instanceof Error && plainErrors.has(error.name) ? error.message : error;
}
