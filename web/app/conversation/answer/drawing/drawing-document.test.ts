import { expect, test } from 'vitest';
import { drawingDocument } from './drawing-document.ts';

test('the document of drawings has no origin, no network and only its own script, and only this site may frame it', () => {
  const { headers } = drawingDocument('abc', '');
  const policy = headers.get('content-security-policy')?.split('; ') ?? [];
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'nonce-abc'",
      'sandbox allow-scripts',
      "frame-ancestors 'self'",
    ]),
  );
  expect(policy.join()).not.toContain('allow-same-origin');
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
});
