import type { FileTokens, PatchRule, PatchSizing, Size, TileRule } from './file-rule.ts';

const TILE_PIXELS = 512;
/** An image is scaled into this square first; then its shorter side is scaled down to `TILE_SHORT_SIDE`. */
const TILE_SQUARE = 2048;
const TILE_SHORT_SIDE = 768;
/** 2048 × 768 pixels are as many tiles as an image may have. */
const TILES_MAX = 8;

/**
 * Tokens of an image by OpenAI's rule for GPT-4o, GPT-4.1, GPT-5, GPT-5.1, o1 and o3: a base, and so much for each tile
 * that covers the scaled image; at the detail `low` the base alone.
 *
 * https://platform.openai.com/docs/guides/images-vision#calculating-costs ("tile-based image tokenization")
 */
export function tileTokens({ base, tile }: TileRule, { width, height }: Size, detail?: string): FileTokens {
  if (detail === 'low') return { likely: base, most: base };
  const toSquare = Math.min(1, TILE_SQUARE / Math.max(width, height));
  const toShortSide = Math.min(1, TILE_SHORT_SIDE / (Math.min(width, height) * toSquare));
  const across = (side: number) => Math.max(1, Math.ceil(Math.floor(side * toSquare * toShortSide) / TILE_PIXELS));
  const unscaled = Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
  return {
    likely: base + tile * across(width) * across(height),
    most: base + tile * Math.min(unscaled, TILES_MAX),
  };
}

const PATCH_PIXELS = 32;
/** An image of more patches is refused. */
const PATCHES_MAX = 30_000;

interface PatchLimits {
  /** Pixels of the longer side. */
  side: number;
  /** Null: as many as there are. */
  patches: number | null;
}

const asLow: PatchLimits = { side: 512, patches: null };
const asFixed: PatchLimits = { side: 2048, patches: 6144 };
const asHigh: PatchLimits = { side: 2048, patches: 2500 };
const asOriginal: PatchLimits = { side: 6000, patches: 10_000 };
const asWhole: PatchLimits = { side: 65_535, patches: null };

const limitsOf: Record<PatchSizing, { auto: PatchLimits; low: PatchLimits; high: PatchLimits; original: PatchLimits }> =
  {
    FIXED: { auto: asFixed, low: asFixed, high: asFixed, original: asFixed },
    HIGH: { auto: asHigh, low: asFixed, high: asHigh, original: asOriginal },
    ORIGINAL: { auto: asOriginal, low: asLow, high: asHigh, original: asOriginal },
    WHOLE: { auto: asWhole, low: asLow, high: asHigh, original: asWhole },
  };

/**
 * Tokens of an image by OpenAI's rule for GPT-4.1 mini, o4-mini and everything from GPT-5.2 on: the patches of 32 × 32
 * pixels that cover the scaled image, times the model's multiplier.
 *
 * https://platform.openai.com/docs/guides/images-vision#calculating-costs ("patch-based image tokenization")
 */
export function patchTokens({ multiplier, sizing }: PatchRule, size: Size, detail?: string): FileTokens {
  const limits = limitsOf[sizing][isDetail(detail) ? detail : 'auto'];
  const { patches, side } = limits;
  const sideMax = Math.ceil(side / PATCH_PIXELS);
  const unscaled = patchesOf(size);
  // Beyond these limits an image is scaled down, or refused.
  const most = Math.min(unscaled, patches ?? PATCHES_MAX, PATCHES_MAX, sideMax * sideMax);
  return {
    likely: Math.ceil(Math.min(patchesWithin(size, limits), PATCHES_MAX) * multiplier),
    most: Math.ceil(most * multiplier),
  };
}

function isDetail(detail: string | undefined): detail is 'low' | 'high' | 'original' {
  return detail === 'low' || detail === 'high' || detail === 'original';
}

/** Patches of an image after it was scaled down into the limits. */
export function patchesWithin({ width, height }: Size, { side, patches }: PatchLimits): number {
  const toSide = Math.min(1, side / Math.max(width, height));
  const fitted = { width: atLeastOne(width * toSide), height: atLeastOne(height * toSide) };
  if (patches === null || patchesOf(fitted) <= patches) return patchesOf(fitted);
  const shrink = Math.sqrt((PATCH_PIXELS ** 2 * patches) / (fitted.width * fitted.height));
  const wholeOf = (pixels: number) => {
    const across = (pixels * shrink) / PATCH_PIXELS;
    return Math.max(1, Math.floor(across)) / across;
  };
  const adjusted = shrink * Math.min(wholeOf(fitted.width), wholeOf(fitted.height));
  const shrunk = {
    width: Math.max(1, Math.floor(fitted.width * adjusted + 1e-6)),
    height: Math.max(1, Math.floor(fitted.height * adjusted + 1e-6)),
  };
  return Math.min(patchesOf(shrunk), patches);
}

function atLeastOne(pixels: number): number {
  return Math.max(1, Math.round(pixels));
}

function patchesOf({ width, height }: Size): number {
  return Math.ceil(width / PATCH_PIXELS) * Math.ceil(height / PATCH_PIXELS);
}
