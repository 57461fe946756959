import { CombinedError } from '@urql/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CreditAccountFieldsFragment } from '../graphql/generated/graphql.ts';
import { followAccount } from './account-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const account = (balance: number): CreditAccountFieldsFragment => ({
  balance,
  held: 0,
  available: balance,
  renewsAt: '2026-12-01T00:00:00Z',
});

/** Follows an account with a client whose subscriptions the test feeds with results. */
function follow() {
  const opened: { closed: boolean; say(result: object): void }[] = [];
  const client = {
    subscription: () => ({
      subscribe(receive: (result: object) => void) {
        const stream = { closed: false, say: (result: object) => receive({ hasNext: true, ...result }) };
        opened.push(stream);
        return {
          unsubscribe: () => {
            stream.closed = true;
          },
        };
      },
    }),
  };
  const onAccount = vi.fn();
  const onEnd = vi.fn();
  const close = followAccount(client as never, { onAccount, onEnd });
  return { opened, onAccount, onEnd, close };
}

const failure = (code: string) => ({
  error: new CombinedError({ graphQLErrors: [{ message: 'No.', extensions: { code } }] }),
});

test('a fault of the server is waited out, ever longer, and the account followed again', () => {
  const { opened, onAccount, onEnd } = follow();
  opened[0]?.say(failure('INTERNAL_SERVER_ERROR'));
  expect([opened.length, opened[0]?.closed]).toEqual([1, true]);
  vi.advanceTimersByTime(250);
  expect(opened).toHaveLength(2);
  for (let faults = 1; faults < 8; faults++) {
    opened.at(-1)?.say(failure('INTERNAL_SERVER_ERROR'));
    vi.runAllTimers();
  }
  opened.at(-1)?.say(failure('INTERNAL_SERVER_ERROR'));
  vi.advanceTimersByTime(7000);
  expect(opened).toHaveLength(9);
  vi.advanceTimersByTime(8000);
  expect(opened).toHaveLength(10);
  opened.at(-1)?.say({ data: { creditsChanged: account(7) } });
  expect(onAccount.mock.calls).toEqual([[account(7)]]);
  opened.at(-1)?.say(failure('INTERNAL_SERVER_ERROR'));
  vi.advanceTimersByTime(250);
  expect(opened).toHaveLength(11);
  expect(onEnd).not.toHaveBeenCalled();
});

test('an end, or a refusal, is the end of the session', () => {
  for (const last of [{ hasNext: false }, failure('UNAUTHENTICATED'), failure('FORBIDDEN')]) {
    const { opened, onEnd } = follow();
    opened[0]?.say(last);
    vi.runAllTimers();
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(opened).toHaveLength(1);
  }
});

test('who follows no more is told nothing, also not later', () => {
  const { opened, close } = follow();
  opened[0]?.say(failure('INTERNAL_SERVER_ERROR'));
  close();
  vi.runAllTimers();
  expect([opened.length, opened[0]?.closed]).toEqual([1, true]);
});
