import { toStorable } from './storable-text.ts';

/** Controls, and half a character. */
const unprintable = /[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}\p{Surrogate}]+/gu;
/**
 * What is not seen but turns, joins or hides what stands around it: the bidi controls among others. Left are the
 * joiners and the variation selectors, without which some scripts and emoji are not written as they are.
 */
const invisible = /(?![\p{Join_Control}\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/gu;
/** At an end of a word, or beside another one. */
const joinerOfNothing = /(?<![^\s\p{Join_Control}])[\p{Join_Control}\p{Variation_Selector}]+|\p{Join_Control}+(?!\S)/gu;
/** Of the above, those with which a line of text reads other than it is stored. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** A name as it can be stored, and shown among other text without changing how that reads. Empty: nothing can be seen of it. */
export function toName(text: string): string {
  return text.replace(unprintable, ' ').replace(invisible, '').replace(joinerOfNothing, '').replace(/\s+/g, ' ').trim();
}

/** A line that somebody wrote, in any script, without what would turn it around. */
export function toTitle(text: string): string {
  return toStorable(text).replace(turning, '');
}
