import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { apiKeyPrefix } from '../../domain/people/api-keys.ts';

export function findApiKey(headers: Headers | IncomingHttpHeaders): string | null {
  const key = readHeader(headers, 'x-api-key');
  if (key !== null) return key;
  const bearer = /^bearer\s+(\S+)$/i.exec(readHeader(headers, 'authorization') ?? '')?.[1];
  return bearer?.startsWith(apiKeyPrefix) ? bearer : null;
}

/** The cookie is `token.signature`, signed with HMAC-SHA-256 in base64 (better-call's signed cookies). */
export function findSessionToken(cookies: string, name: string, secret: string): string | null {
  for (const cookie of cookies.split(';')) {
    const [key, value] = cookie.split('=', 2);
    if (key?.trim() !== name || !value) continue;
    const signed = decode(value.trim());
    const dot = signed.lastIndexOf('.');
    const token = signed.slice(0, dot);
    const expected = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'));
    const given = Buffer.from(signed.slice(dot + 1));
    if (dot > 0 && given.length === expected.length && timingSafeEqual(given, expected)) return token;
  }
  return null;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

export function readHeader(headers: Headers | IncomingHttpHeaders, name: string): string | null {
  // `instanceof` would not do: Yoga brings a Headers class of its own.
  if (typeof headers.get === 'function') return headers.get(name);
  return (headers as IncomingHttpHeaders)[name]?.toString() ?? null;
}
