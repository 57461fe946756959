/** How the maker of a model counts the tokens of images and of a PDF's pages. The file of each rule names its source. */
export type FileRule = TileRule | PatchRule | ClaudeRule | GeminiTileRule | GeminiBudgetRule | GrokRule | PixelRule;

/** OpenAI's older models: squares of 512 pixels. */
export interface TileRule {
  by: 'tiles';
  base: number;
  tile: number;
}

/** OpenAI's newer models: squares of 32 pixels, each of which takes `multiplier` tokens. */
export interface PatchRule {
  by: 'patches';
  multiplier: number;
  sizing: PatchSizing;
}

/**
 * How an image is scaled down before its patches are counted, unless `detail` says otherwise. FIXED: alike at every
 * detail; HIGH and ORIGINAL: as at these details; WHOLE: not at all.
 */
export type PatchSizing = 'FIXED' | 'HIGH' | 'ORIGINAL' | 'WHOLE';

/** Anthropic: squares of 28 pixels. */
export interface ClaudeRule {
  by: 'claude';
  /** Pixels of the longer side beyond which an image is scaled down. */
  sideMax: number;
  tokensMax: number;
}

/** Gemini before 3: tiles by the image's shape. */
export interface GeminiTileRule {
  by: 'gemini-tiles';
}

/** Gemini from 3 on: a budget for an image, and one for a page. */
export interface GeminiBudgetRule {
  by: 'gemini-budget';
}

/** xAI: squares of 448 pixels. */
export interface GrokRule {
  by: 'grok';
}

/** Perplexity: by the number of pixels. */
export interface PixelRule {
  by: 'pixels';
}

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Tokens: the likely number, and the most that a provider may bill. Whole numbers; `most` is at least `likely`. */
export interface FileTokens {
  likely: number;
  most: number;
}
