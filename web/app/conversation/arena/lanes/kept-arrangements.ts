import { type Arrangement, asAsked } from './arrangement.ts';

/** How many conversations' arrangements a browser keeps for a member: those that were changed last. */
export const keptMost = 200;

type Kept = [conversationId: string, order: string[], folded: string[]];

/** The arrangements that this browser keeps for one member, by conversation. Which lane is focused is not kept. */
export class KeptArrangements {
  readonly #key: string;

  constructor(viewerId: string) {
    this.#key = `${prefix}${viewerId}`;
  }

  read(conversationId: string): Arrangement {
    const kept = this.#read().find(([id]) => id === conversationId);
    return kept ? { order: kept[1], folded: kept[2], focused: null } : asAsked;
  }

  write(conversationId: string, { order, folded }: Arrangement): void {
    const others = this.#read().filter(([id]) => id !== conversationId);
    const own: Kept[] = order.length + folded.length > 0 ? [[conversationId, [...order], [...folded]]] : [];
    try {
      localStorage.setItem(this.#key, JSON.stringify([...own, ...others].slice(0, keptMost)));
    } catch {
      // The browser's storage is full or closed: the arrangement lasts as long as the page.
    }
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

const prefix = 'lanes:';

function isKept(value: unknown): value is Kept {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  return [value[1], value[2]].every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === 'string'));
}
