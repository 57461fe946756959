// @vitest-environment node
import { gql } from '@urql/core';
import { expect, test, vi } from 'vitest';
import { query } from './query.server.ts';

test('a failed query is a 502 to the reader, and its cause is logged', async () => {
  const { asked, log } = ask({ errors: [{ message: 'The database is away' }] });
  await expect(asked).rejects.toMatchObject({ status: 502 });
  const err = expect.objectContaining({ message: expect.stringContaining('The database is away') });
  expect(log.error).toHaveBeenCalledExactlyOnceWith({ err }, expect.any(String));
});

test.each([
  ['UNAUTHENTICATED', 302],
  ['NOT_FOUND', 404],
  ['BAD_USER_INPUT', 404],
  ['FORBIDDEN', 403],
])('%s is a %i to the reader, and is not logged', async (code, status) => {
  const { asked, log } = ask({ errors: [{ message: 'Refused', extensions: { code } }] });
  await expect(asked).rejects.toMatchObject({ status });
  expect(log.error).not.toHaveBeenCalled();
});

test('a failed query of an aborted request is not logged', async () => {
  const { asked, log } = ask({ errors: [{ message: 'The database is away' }] }, AbortSignal.abort());
  await expect(asked).rejects.toMatchObject({ status: 502 });
  expect(log.error).not.toHaveBeenCalled();
});

function ask(answer: object, signal = new AbortController().signal) {
  const log = { error: vi.fn() };
  const fetch = () => Promise.resolve(Response.json(answer));
  const context = { fetch, log, nonce: '', basePath: '' };
  const asked = query({ request: new Request('http://localhost/', { signal }), context }, gql`{ viewer { id } }`, {});
  return { asked, log };
}
