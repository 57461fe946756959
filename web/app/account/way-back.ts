/**
 * Where one goes after signing in: `to` where it is an address of `origin`, as a path; else the first page. `to` may have
 * been made by somebody else.
 *
 * @param origin such as `https://chat.example.org`
 */
export function wayBack(to: string | null, origin: string): string {
  // The parser decides, as the browser will: it takes a backslash for a slash, and leaves out tabs and line ends.
  if (!to?.startsWith('/') || !URL.canParse(to, origin)) return '/';
  const url = new URL(to, origin);
  const path = url.pathname + url.search + url.hash;
  // What is left of a host's name may look like one again: `/.//evil.example` has the path `//evil.example`.
  return url.origin === origin && new URL(path, origin).href === url.href ? path : '/';
}
