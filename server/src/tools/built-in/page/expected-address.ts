import type { KnownAddresses } from '../../../ports/tool.ts';

/** Addresses of a text that are looked at, from its beginning; a longer list is a file rather than a prompt. */
const ADDRESSES_MAX = 1_000;

/**
 * Whether an address is one that the member wrote or a search gave, to the letter: then it can carry nothing that a model
 * has put into it.
 */
export function isExpectedAddress(given: unknown, known: KnownAddresses): boolean {
  const wanted = typeof given === 'string' ? plain(given.trim()) : null;
  return wanted !== null && allOf(known).has(wanted);
}

const sets = new WeakMap<KnownAddresses, ReadonlySet<string>>();

/** All known addresses. They are found once for all calls of a step. */
function allOf(known: KnownAddresses): ReadonlySet<string> {
  const before = sets.get(known);
  if (before) return before;
  const { texts, found } = known;
  const all = new Set([...found, ...texts.flatMap(namedIn)].flatMap((address) => plain(address) ?? []));
  sets.set(known, all);
  return all;
}

/** Without its fragment, which nobody is sent; null: it is no address. */
function plain(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  url.hash = '';
  return url.href;
}

function namedIn(text: string): string[] {
  const named: string[] = [];
  for (const [address] of text.matchAll(/https?:\/\/[^\s<>"'`\\^{|}]{1,2000}/gi)) {
    named.push(address, withoutEnd(address));
    if (named.length >= 2 * ADDRESSES_MAX) break;
  }
  return named;
}

/** A sentence may end behind an address, or a parenthesis around it. */
function withoutEnd(address: string): string {
  let end = address.length;
  while (end > 0 && '.,;:!?)]}»”’*_'.includes(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}
