import { toStorable } from './storable-text.ts';

/** Control characters, line and paragraph separators, and lone surrogates. */
const unprintable = /[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}\p{Surrogate}]+/gu;
/**
 * Invisible characters that turn, join or hide the text around them, the bidi controls among others. Joiners and
 * variation selectors are not among them: some scripts and emoji cannot be written without them.
 */
const invisible = /(?![\p{Join_Control}\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/gu;
/** Joiners and variation selectors with nothing to join: at an end of a word, or beside another joiner. */
const joinerOfNothing = /(?<![^\s\p{Join_Control}])[\p{Join_Control}\p{Variation_Selector}]+|\p{Join_Control}+(?!\S)/gu;
/** The invisible characters that make a line of text read in another order than it is stored. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A name in a form that can be stored, and shown among other text without changing how that reads. Empty if nothing in
 * it is visible.
 */
export function toName(text: string): string {
  return text.replace(unprintable, ' ').replace(invisible, '').replace(joinerOfNothing, '').replace(/\s+/g, ' ').trim();
}

/** A title in any script, without the characters that would turn it around. */
export function toTitle(text: string): string {
  return toStorable(text).replace(turning, '');
}
