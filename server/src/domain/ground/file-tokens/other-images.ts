import type { FileTokens, Size } from './file-rule.ts';

const TILE_TOKENS = 258;
/** Both sides at most so long: one tile. */
const SMALL_SIDE = 384;
const UNIT_MIN = 256;
const TILE_PIXELS = 768;

/**
 * Tokens of an image by Google's rule for Gemini before 3: 258 if both sides have at most 384 pixels, else 258 for each
 * tile, whose side is about the shorter side divided by 1.5. That rule makes some smaller images dearer than larger ones
 * of another shape, and is called rough; `most` counts with the smallest tiles.
 *
 * https://ai.google.dev/gemini-api/docs/image-understanding#token-calculation
 */
export function geminiTileTokens({ width, height }: Size): FileTokens {
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  const unit = Math.max(UNIT_MIN, Math.floor(short / 1.5));
  const tiles = long <= SMALL_SIDE ? 1 : Math.ceil(width / unit) * Math.ceil(height / unit);
  const tilesMax = Math.ceil(long / UNIT_MIN) * Math.max(2, Math.ceil(short / TILE_PIXELS));
  return { likely: TILE_TOKENS * tiles, most: TILE_TOKENS * tilesMax };
}

/**
 * Tokens of an image by Google's rule for Gemini 3 and later: as many as the media resolution allows, `high` where none
 * is given, whatever the image's size.
 *
 * https://ai.google.dev/gemini-api/docs/media-resolution#token-counts
 */
export const geminiBudgetImage: FileTokens = { likely: 1120, most: 1120 };

const GROK_TILE_PIXELS = 448;
const GROK_TILE_TOKENS = 256;
const GROK_TILES_MAX = 6;

/**
 * Tokens of an image by xAI's rule: 256 for each tile of 448 × 448 pixels that covers it, at most six, and for one more.
 *
 * https://docs.x.ai/docs/guides/image-understanding ("Image token usage")
 */
export function grokTokens({ width, height }: Size): FileTokens {
  const tiles = Math.min(GROK_TILES_MAX, Math.ceil(width / GROK_TILE_PIXELS) * Math.ceil(height / GROK_TILE_PIXELS));
  const tokens = (tiles + 1) * GROK_TILE_TOKENS;
  return { likely: tokens, most: tokens };
}

const PIXELS_PER_TOKEN = 750;

/**
 * Tokens of an image by Perplexity's rule: width × height / 750.
 *
 * https://docs.perplexity.ai/guides/image-attachments ("Pricing")
 */
export function pixelTokens({ width, height }: Size): FileTokens {
  const tokens = Math.ceil((width * height) / PIXELS_PER_TOKEN);
  return { likely: tokens, most: tokens };
}

/** Pixels of a patch's side; the usual ones of open models are 28 (Qwen, Mistral Small) and 16 (Pixtral). */
const COARSE_PATCH = 28;
const FINE_PATCH = 16;
const COARSE_MAX = 4096;
const FINE_MIN = 2000;
/** The largest number that open models are usually run with (Qwen's `max_pixels`). */
const FINE_MAX = 16_384;

/**
 * Tokens of an image at a server of which nobody says how it counts. Bounds of the rules of open models:
 * https://docs.mistral.ai/capabilities/vision ("FAQ"), https://huggingface.co/Qwen/Qwen2.5-VL-7B-Instruct ("Image
 * Resolution for performance boost").
 */
export function unknownTokens({ width, height }: Size): FileTokens {
  const patches = (side: number) => Math.ceil(width / side) * Math.ceil(height / side);
  return {
    likely: Math.min(COARSE_MAX, Math.max(64, patches(COARSE_PATCH))),
    most: Math.min(FINE_MAX, Math.max(FINE_MIN, patches(FINE_PATCH))),
  };
}
