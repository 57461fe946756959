import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Painter } from './painter.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // No server is there to load the frame's document from.
  vi.spyOn(HTMLIFrameElement.prototype, 'src', 'set').mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  document.body.innerHTML = '';
});

const frame = () => document.querySelector('iframe');

/** Sends a message as if the frame sent it. */
function say(data: object): void {
  dispatchEvent(Object.assign(new Event('message'), { source: frame()?.contentWindow, data }));
}

function ordered(source: string, painter = new Painter()) {
  const drawn = vi.fn<(svg: string | null) => void>();
  return { painter, drawn, takeBack: painter.order(source, false, drawn) };
}

test('drawings are made one after the other in one sandboxed frame, which goes when there is no more to do', () => {
  const first = ordered('a');
  const second = ordered('b', first.painter);
  expect(frame()?.getAttribute('sandbox')).toBe('allow-scripts');
  say({ isReady: true });
  say({ number: 1, svg: '<svg/>' });
  expect(first.drawn).toHaveBeenCalledExactlyOnceWith('<svg/>');
  expect(second.drawn).not.toHaveBeenCalled();
  say({ number: 2, svg: null });
  expect(second.drawn).toHaveBeenCalledExactlyOnceWith(null);
  expect(document.querySelectorAll('iframe')).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(frame()).toBeNull();
});

test('a drawing that takes too long is given up with its frame, and the next one is made in another', () => {
  const slow = ordered('a');
  const next = ordered('b', slow.painter);
  say({ isReady: true });
  const former = frame();
  vi.advanceTimersByTime(10_000);
  expect(slow.drawn).toHaveBeenCalledExactlyOnceWith(null);
  expect(frame()).not.toBe(former);
  say({ isReady: true });
  say({ number: 2, svg: '<svg/>' });
  expect(next.drawn).toHaveBeenCalledExactlyOnceWith('<svg/>');
});

test('where the library does not come, every order is answered, and a later one tries again', () => {
  const one = ordered('a');
  const two = ordered('b', one.painter);
  vi.advanceTimersByTime(30_000);
  expect(one.drawn).toHaveBeenCalledExactlyOnceWith(null);
  expect(two.drawn).toHaveBeenCalledExactlyOnceWith(null);
  expect(frame()).toBeNull();
  const three = ordered('c', one.painter);
  say({ isReady: true });
  say({ number: 1, svg: '<svg/>' });
  expect(three.drawn).toHaveBeenCalledExactlyOnceWith('<svg/>');
});

test('what is no longer wanted is not drawn, and what others say is not heard', () => {
  const gone = ordered('a');
  const kept = ordered('b', gone.painter);
  gone.takeBack();
  say({ isReady: true });
  dispatchEvent(Object.assign(new Event('message'), { source: window, data: { number: 1, svg: 'forged' } }));
  say({ number: 7, svg: 'of another order' });
  expect(kept.drawn).not.toHaveBeenCalled();
  say({ number: 1, svg: '<svg/>' });
  expect(kept.drawn).toHaveBeenCalledExactlyOnceWith('<svg/>');
  expect(gone.drawn).not.toHaveBeenCalled();
});
