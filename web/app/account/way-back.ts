/**
 * The path of the page that follows signing in: that of `to` if `to` is an address of `origin`, else `/`. `to` is read from
 * the page's own address, so anybody may have written it.
 *
 * @param origin such as `https://chat.example.org`
 */
export function wayBack(to: string | null, origin: string): string {
  // The URL parser decides, since the browser uses it too: it reads a backslash as a slash, and drops tabs and line ends.
  if (!to?.startsWith('/') || !URL.canParse(to, origin)) return '/';
  const url = new URL(to, origin);
  const path = url.pathname + url.search + url.hash;
  // A path can look like a host again: the path of `/.//evil.example` is `//evil.example`.
  const back = URL.canParse(path, origin) ? new URL(path, origin) : null;
  return url.origin === origin && back?.href === url.href ? path : '/';
}
