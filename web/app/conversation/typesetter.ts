import 'katex/dist/katex.min.css';
import katex from 'katex';

/**
 * A formula's markup; null where it is not well formed. Its styles stand in `data-style`: the page's policy lets a script
 * set them, and refuses a style attribute.
 */
export function typeset(source: string, apart: boolean): string | null {
  try {
    // Quotes inside a text or an attribute are written as entities: this matches attributes only.
    return katex
      .renderToString(source, { displayMode: apart, strict: 'ignore', maxSize: 20 })
      .replaceAll(' style="', ' data-style="');
  } catch {
    return null;
  }
}
