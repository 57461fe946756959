import { toStorable } from './live-text.ts';

/** Controls, and half a character. */
const unprintable = /[\p{Control}\p{Line_Separator}\p{Paragraph_Separator}\p{Surrogate}]+/gu;
/**
 * What is not seen but turns, joins or hides what stands around it: the bidi controls among others. Left are the
 * joiners and the variation selectors, without which some scripts and emoji are not written as they are.
 */
const invisible = /(?![\u200c\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/gu;
/** Of the above, those with which a line of text reads other than it is stored. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** A name as it can be stored, and shown among other text without changing how that reads. Empty: nothing can be seen of it. */
export function toName(text: string): string {
  const name = text.replace(unprintable, ' ').replace(invisible, '').replace(/ {2,}/g, ' ').trim();
  return /[^\p{Default_Ignorable_Code_Point}\s]/u.test(name) ? name : '';
}

/** A line that somebody wrote, in any script, without what would turn it around. */
export function toTitle(text: string): string {
  return toStorable(text).replace(turning, '');
}
