// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { handleError } from './entry.server.tsx';

test('what a page could not do is told to the log', () => {
  const error = new Error('The loader broke');
  expect(logged(error)).toEqual([{ err: error }, expect.any(String)]);
});

test('an address that leads nowhere is nothing for the log', () => {
  const none = { status: 404, statusText: 'Not Found', internal: true, data: '', error: new Error('No route matches') };
  expect(logged(none)).toBeUndefined();
});

test('what a reader did not wait for is nothing for the log', () => {
  expect(logged(new Error('This operation was aborted'), AbortSignal.abort())).toBeUndefined();
});

function logged(error: unknown, signal = new AbortController().signal) {
  const log = { error: vi.fn() };
  const request = new Request('http://localhost/', { signal });
  handleError(error, { request, params: {}, context: { log, nonce: '', fetch: () => Promise.reject(error) } });
  return log.error.mock.lastCall;
}
