const opening = '<think>';
const closing = '</think>';
/** UTF-16 units of white space that may precede a tag. Text that is held back is scanned again with each piece, so it is bounded. */
const blankLengthMax = 1024;

/** Receives the pieces of an answer, none of them empty. */
export interface ThinkTagsHandlers {
  onText(text: string): void;
  onReasoning(text: string): void;
}

/**
 * Tells the reasoning between `<think>` and `</think>` at the very beginning of an answer from what follows it, wherever the
 * pieces of the answer are cut. Without the closing tag all of it is reasoning; tags elsewhere are text like any other. White
 * space before the opening tag belongs to the tags, as do the blank lines after each of the two.
 */
export class ThinkTags {
  /** Whether all further pieces are text; they need not pass through here any more. */
  passed = false;
  #place: 'before' | 'reasoning' | 'after' = 'before';
  /** Text held back: it may be the beginning of a tag, or of blank lines. */
  #held = '';
  /** Whether blank lines still belong to the tag before them. */
  #skips = false;
  readonly #handlers: ThinkTagsHandlers;

  constructor(handlers: ThinkTagsHandlers) {
    this.#handlers = handlers;
  }

  push(piece: string): void {
    const text = this.#held + piece;
    this.#held = '';
    if (this.#place === 'before') this.#open(text);
    else if (this.#place === 'reasoning') this.#reason(text);
    else this.#answer(text);
  }

  /** Ends the answer, and hands over what was held back. */
  end(): void {
    const held = this.#held;
    this.#held = '';
    this.passed = true;
    // White space around a tag is dropped with it.
    if (held === '' || (this.#skips && held.trim() === '')) return;
    if (this.#place === 'reasoning') this.#handlers.onReasoning(held);
    else this.#handlers.onText(held);
  }

  #open(text: string): void {
    const start = text.trimStart();
    const isBlankLong = text.length - start.length > blankLengthMax;
    if (!isBlankLong && start.length < opening.length && opening.startsWith(start)) {
      this.#held = text;
    } else if (!isBlankLong && start.startsWith(opening)) {
      this.#place = 'reasoning';
      this.#skips = true;
      this.#reason(start.slice(opening.length));
    } else {
      this.passed = true;
      this.#handlers.onText(text);
    }
  }

  #reason(text: string): void {
    const end = text.indexOf(closing);
    const reasoning = this.#withoutBlankLines(text.slice(0, end < 0 ? heldFrom(text) : end));
    if (reasoning !== '') this.#handlers.onReasoning(reasoning);
    if (end < 0) {
      this.#held = this.#held + text.slice(heldFrom(text));
      return;
    }
    this.#held = '';
    this.#place = 'after';
    this.#skips = true;
    this.#answer(text.slice(end + closing.length));
  }

  #answer(text: string): void {
    const answer = this.#withoutBlankLines(text);
    if (this.#skips) return;
    this.passed = true;
    this.#handlers.onText(answer);
  }

  /** The text from its first line on that is not blank, if that has come; white space is held back until it has. */
  #withoutBlankLines(text: string): string {
    if (!this.#skips) return text;
    const blankLength = text.length - text.trimStart().length;
    if (blankLength === text.length && blankLength <= blankLengthMax) {
      this.#held = text;
      return '';
    }
    this.#skips = false;
    return blankLength > blankLengthMax ? text : text.slice(text.lastIndexOf('\n', blankLength - 1) + 1);
  }
}

/** The index where a closing tag may begin at the text's end; the text's length if none may. */
function heldFrom(text: string): number {
  const index = text.lastIndexOf('<');
  return index >= 0 && closing.startsWith(text.slice(index)) ? index : text.length;
}
