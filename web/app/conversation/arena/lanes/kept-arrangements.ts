import { toAddressId } from '../../../graphql/address-id.ts';
import { remember } from '../../../ui/browser/memory.ts';
import { type Arrangement, asAsked } from './arrangement.ts';

/** How many conversations' arrangements a browser keeps for a member: those that were changed last. */
export const keptMost = 200;
/** How many of them are also cookies of their conversations' pages, so that the server draws them. Browsers keep some 180 cookies. */
export const toldMost = 40;

type Kept = [conversationId: string, order: string[], folded: string[]];

/**
 * The arrangements that this browser keeps for one member, by conversation. Which lane is focused is not kept. The storage
 * has them all; a conversation's page is told of its own by a cookie of its path, which no other page sends.
 */
export class KeptArrangements {
  readonly #viewerId: string;
  readonly #key: string;

  constructor(viewerId: string) {
    this.#viewerId = viewerId;
    this.#key = `${prefix}${viewerId}`;
  }

  read(conversationId: string): Arrangement {
    const kept = this.#read().find(([id]) => id === conversationId);
    return kept ? { order: kept[1], folded: kept[2], focused: null } : asAsked;
  }

  write(conversationId: string, { order, folded }: Arrangement): void {
    const others = this.#read().filter(([id]) => id !== conversationId);
    const own: Kept[] = order.length + folded.length > 0 ? [[conversationId, [...order], [...folded]]] : [];
    const kept = [...own, ...others].slice(0, keptMost);
    try {
      localStorage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // The browser's storage is full or closed: the arrangement lasts as long as the page.
    }
    this.#tell(conversationId, own.length > 0 ? [...order, between, ...folded] : []);
    const next = kept[toldMost];
    if (next) this.#tell(next[0], []);
  }

  #tell(conversationId: string, keys: readonly string[]): void {
    remember('lanes', this.#viewerId, keys, `/c/${toAddressId(conversationId)}`);
  }

  #read(): Kept[] {
    try {
      const read: unknown = JSON.parse(localStorage.getItem(this.#key) ?? '[]');
      return Array.isArray(read) ? read.filter(isKept) : [];
    } catch {
      return [];
    }
  }
}

/** The arrangement that a page was told of; null: it was told of none. */
export function toldArrangement(keys: readonly string[]): Arrangement | null {
  const at = keys.indexOf(between);
  return at < 0 ? null : { order: keys.slice(0, at), folded: keys.slice(at + 1), focused: null };
}

const prefix = 'lanes:';
/** Stands between the lanes that were moved and those that are folded. */
const between = '';

function isKept(value: unknown): value is Kept {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  return [value[1], value[2]].every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === 'string'));
}
