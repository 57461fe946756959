import { render } from '@testing-library/react';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentence, tagged } from './sentence.tsx';

test('values may be elements, and tags are what they are said to be', () => {
  const message = ({ team, count }: { team: string; count: number }) => `${team} pays for <b>${count} models</b>.`;
  const { container } = render(
    sentence(message, { team: <bdi>Ops</bdi>, count: 3 }, { b: (children) => <strong>{children}</strong> }),
  );
  expect(container.innerHTML).toBe('<bdi>Ops</bdi> pays for <strong>3 models</strong>.');
  expect(render(tagged('Read <a>this</a>', { a: (text) => <i>{text}</i> })).container.innerHTML).toBe(
    'Read <i>this</i>',
  );
});

test('a tag that nobody explains is an error', () => {
  expect(() => tagged('Read <a>this</a>', {})).toThrow('There is nothing for <a>');
});

test('no text that a member writes is taken for a tag or for another value', () => {
  const message = ({ one, other }: { one: string; other: string }) => `<b>${one}</b>: ${other}`;
  const piece = fc.constantFrom('<b>', '</b>', 'x', '\uE0001\uE001', '{one}', '\uE000', 'é', ' ');
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
  void fc.assert(
    fc.property(text, text, (one, other) => {
      const { container, unmount } = render(sentence(message, { one, other }, { b: (children) => <b>{children}</b> }));
      expect(container.textContent).toBe(`${one}: ${other}`);
      expect(container.querySelectorAll('b')).toHaveLength(1);
      unmount();
    }),
  );
});
