// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { handleError } from './entry.server.tsx';

test('an error of a page is logged', () => {
  const error = new Error('The loader broke');
  expect(logged(error)).toEqual([{ err: error }, expect.any(String)]);
});

test('an unknown address is not logged', () => {
  const none = { status: 404, statusText: 'Not Found', internal: true, data: '', error: new Error('No route matches') };
  expect(logged(none)).toBeUndefined();
});

test('an error of an aborted request is not logged', () => {
  expect(logged(new Error('This operation was aborted'), AbortSignal.abort())).toBeUndefined();
});

function logged(error: unknown, signal = new AbortController().signal) {
  const log = { error: vi.fn() };
  const request = new Request('http://localhost/', { signal });
  handleError(error, {
    request,
    params: {},
    context: { log, nonce: '', basePath: '', fetch: () => Promise.reject(error) },
  });
  return log.error.mock.lastCall;
}
