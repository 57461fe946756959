import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FailedCall, SendError } from '../turns/failed-call.ts';
import { SendErrorNotice } from './send-error.tsx';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.innerHTML = '';
});

const rateLimit = 'PROMPTS_PER_MINUTE';

const show = (error: SendError, kept: FailedCall['kept'] = 'composer') => {
  const onRetry = vi.fn();
  render(<SendErrorNotice failed={{ error, kept, retry: onRetry }} models={[]} onDismiss={() => {}} />);
  return onRetry;
};

test('a rate limit counts its seconds down, then offers another try', () => {
  const onRetry = show({
    __typename: 'RateLimitError',
    message: 'Ten prompts a minute.',
    retryAfterSeconds: 2,
    rateLimit,
  });
  const button = () => screen.getByRole('button', { name: /Try again/ });
  expect(button().textContent).toBe('Try again in 2 seconds');
  act(() => void vi.advanceTimersByTime(1000));
  expect(button().textContent).toBe('Try again in 1 second');
  fireEvent.click(button());
  expect(onRetry).not.toHaveBeenCalled();
  act(() => void vi.advanceTimersByTime(1000));
  fireEvent.click(button());
  expect(onRetry).toHaveBeenCalledTimes(1);
});

test('a rate limit that is reached again counts its new seconds down', () => {
  const limit = (retryAfterSeconds: number): SendError => ({
    __typename: 'RateLimitError',
    message: 'Ten prompts a minute.',
    retryAfterSeconds,
    rateLimit,
  });
  const notice = (error: SendError) => (
    <SendErrorNotice failed={{ error, kept: 'composer', retry: () => {} }} models={[]} onDismiss={() => {}} />
  );
  const { rerender } = render(notice(limit(2)));
  act(() => void vi.advanceTimersByTime(2000));
  rerender(notice(limit(30)));
  expect(screen.getByRole('button', { name: /Try again/ }).textContent).toBe('Try again in 30 seconds');
});

test('a rate limit ends by the clock, even if a background page rarely counts', () => {
  show({ __typename: 'RateLimitError', message: 'Ten prompts a minute.', retryAfterSeconds: 20, rateLimit });
  vi.setSystemTime(Date.now() + 60_000);
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
  expect(screen.getByRole('button', { name: /Try again/ }).textContent).toBe('Try again');
});

test('missing credits are named once, in the server’s words, with a way on', () => {
  const message = 'This prompt may cost up to 120,000 credits; 3,310 are available.';
  show({ __typename: 'InsufficientCreditsError', message, required: 120_000, available: 3310, creditLimit: 'ACCOUNT' });
  const told = screen.getByRole('alert').textContent ?? '';
  expect(told.match(/120,000/g)).toHaveLength(1);
  expect(told.match(/3,310/g)).toHaveLength(1);
  expect(told).toContain('Ask fewer or cheaper models');
});

test('a plan that is too small is named with the plan that suffices', () => {
  show({ __typename: 'TierLimitError', message: 'Too many models.', requiredTier: 'PRO', missingModelId: null });
  expect(screen.getByRole('alert').textContent).toContain('The Pro plan allows it.');
});

test('a member who is signed out is led back to the same page', () => {
  history.replaceState(null, '', '/c/one?through=two');
  show({ __typename: 'SignedOut', message: 'You are signed out.' });
  expect(screen.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe(
    '/sign-in?to=%2Fc%2Fone%3Fthrough%3Dtwo',
  );
});

test('the notice says where the prompt is kept, and says nothing if there was none', () => {
  const error: SendError = { __typename: 'Unreachable', message: 'Gone.' };
  const told = (kept: FailedCall['kept']) => {
    document.body.innerHTML = '';
    show(error, kept);
    return screen.getByRole('alert').textContent;
  };
  expect(told('composer')).toContain('Your prompt is kept here');
  expect(told('editor')).toContain('Your edit is kept in its place');
  expect(told(null)).not.toContain('kept');
});
