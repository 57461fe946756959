/**
 * The path below which this page and the API are, without a slash at its end; empty at the root of the origin. The server
 * tells the router, which writes it before the addresses of links; who writes an address by hand needs it here.
 */
export function basePath(): string {
  const { __remixContext: told } = globalThis as { __remixContext?: { basename?: string } };
  return told?.basename === undefined || told.basename === '/' ? '' : told.basename;
}

/** The Path of cookies. */
export function cookiePath(): string {
  return basePath() || '/';
}
