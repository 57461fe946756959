import { toStorable } from '../../../domain/ground/storable-text.ts';

/** A value of JSON of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value's fields; none if it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, as it can be stored; empty if it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? toStorable(value) : '';
}

/** Null: it is no text, or an empty one. */
export function idOf(value: unknown): string | null {
  const id = typeof value === 'number' ? String(value) : textOf(value);
  return id === '' || id.length > 200 ? null : id;
}

const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(9000, 0);
/** From here on a number is taken for milliseconds: as seconds it would be in the year 5138. */
const SECONDS_MAX = 1e11;

/** A time in ms since 1970, from one in RFC 3339, in seconds or in ms; null: it is none. */
export function timeOf(value: unknown): number | null {
  const ms =
    typeof value === 'number'
      ? value * (value < SECONDS_MAX ? 1000 : 1)
      : typeof value === 'string'
        ? Date.parse(value)
        : 0;
  return ms >= EARLIEST && ms <= LATEST ? Math.round(ms) : null;
}
