import type { ClaudeRule, FileTokens, Size } from './file-rule.ts';

const PATCH_PIXELS = 28;
/** An older wording of the rule: so many pixels a token, and at most about so many tokens. */
const PIXELS_PER_TOKEN = 750;
const OLDER_TOKENS_MAX = 1600;

/**
 * Tokens of an image by Anthropic's rule: the patches of 28 × 28 pixels that cover it, after it was scaled down to the
 * model's limits (1568 pixels and tokens; from Claude Opus 4.7 on 2576 pixels and 4784 tokens). `most` also holds by the
 * rule's older wording, width × height / 750.
 *
 * https://platform.claude.com/docs/en/build-with-claude/vision
 */
export function claudeTokens({ sideMax, tokensMax }: ClaudeRule, size: Size): FileTokens {
  const byPixels = Math.ceil((size.width * size.height) / PIXELS_PER_TOKEN);
  return {
    likely: scaledPatches(size, sideMax, tokensMax),
    most: Math.min(Math.max(patchesOf(size, 1), byPixels), Math.max(tokensMax, OLDER_TOKENS_MAX)),
  };
}

/** The scale is found by halving: patches never grow while it shrinks. */
function scaledPatches(size: Size, sideMax: number, tokensMax: number): number {
  let high = Math.min(1, sideMax / Math.max(size.width, size.height));
  if (patchesOf(size, high) <= tokensMax) return patchesOf(size, high);
  let low = 0;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (patchesOf(size, middle) <= tokensMax) low = middle;
    else high = middle;
  }
  return patchesOf(size, low);
}

function patchesOf({ width, height }: Size, scale: number): number {
  const across = (side: number) => Math.max(1, Math.ceil((side * scale) / PATCH_PIXELS - 1e-9));
  return across(width) * across(height);
}
