import type { KnownAddresses } from '../../../ports/tool.ts';

/**
 * Whether an address is one that the member wrote or a search gave, to the letter: then it can carry nothing that a model
 * has put into it.
 */
export function isExpectedAddress(given: unknown, { texts, found }: KnownAddresses): boolean {
  if (typeof given !== 'string' || !URL.canParse(given.trim())) return false;
  const wanted = plain(given.trim());
  return found.some((url) => URL.canParse(url) && plain(url) === wanted) || texts.some((text) => names(text, wanted));
}

/** Without its fragment, which nobody is sent. */
function plain(address: string): string {
  const url = new URL(address);
  url.hash = '';
  return url.href;
}

function names(text: string, wanted: string): boolean {
  for (const [address] of text.matchAll(/https?:\/\/[^\s<>"'`\\^{|}]{1,2000}/gi)) {
    // A sentence may end behind an address, or a parenthesis around it.
    for (const told of [address, address.replace(/[.,;:!?)\]}»”’*_]+$/u, '')]) {
      if (URL.canParse(told) && plain(told) === wanted) return true;
    }
  }
  return false;
}
