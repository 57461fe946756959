/** A browser without pages: keeps cookies by origin and path, and follows nothing by itself. */
export class CookieJar {
  readonly #cookies = new Map<string, Map<string, { value: string; path: string }>>();

  /** Asks as a browser does when a link is clicked. */
  async get(address: string | URL): Promise<{ status: number; to: URL | null; text: string }> {
    const url = new URL(address);
    const cookie = [...this.#of(url)]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) this.#keep(url, set);
    const to = response.headers.get('location');
    return { status: response.status, to: to === null ? null : new URL(to, url), text: await response.text() };
  }

  /** Follows redirects as long as `goesOn` says so; returns the address that it stops at. */
  async follow(address: string | URL, goesOn: (url: URL) => boolean): Promise<URL> {
    let at = new URL(address);
    for (let hops = 0; hops < 20 && goesOn(at); hops += 1) {
      const { to } = await this.get(at);
      if (!to) return at;
      at = to;
    }
    return at;
  }

  /** The cookies for an origin, as a header. */
  header(origin: string): string {
    return [...this.#of(new URL(origin))].map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  /** The paths of the cookies for an origin, by their names. */
  paths(origin: string): Record<string, string> {
    return Object.fromEntries([...this.#of(new URL(origin))].map(([name, { path }]) => [name, path]));
  }

  #of({ origin }: URL) {
    const cookies = this.#cookies.get(origin) ?? new Map<string, { value: string; path: string }>();
    this.#cookies.set(origin, cookies);
    return cookies;
  }

  #keep(url: URL, set: string): void {
    const [pair = '', ...attributes] = set.split(';');
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const path = /^\s*path=(.*)$/i.exec(attributes.find((one) => /^\s*path=/i.test(one)) ?? '')?.[1] ?? '/';
    const ends = /max-age=0|expires=Thu, 01 Jan 1970/i.test(set);
    if (ends || pair.slice(at + 1) === '') this.#of(url).delete(name);
    else this.#of(url).set(name, { value: pair.slice(at + 1), path });
  }
}
