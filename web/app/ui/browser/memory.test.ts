import { expect, test } from 'vitest';
import { recall } from './memory.ts';

test('what is remembered and whose it is are read from the cookies, whatever else they contain', () => {
  const cookie = `theme=dark; models=${encodeURIComponent('ada\na/1\nc/x y')}; payer=${encodeURIComponent('ada\nlab')}`;
  expect(recall(cookie, 'models')).toEqual({ viewerId: 'ada', ids: ['a/1', 'c/x y'] });
  expect(recall(cookie, 'payer')).toEqual({ viewerId: 'ada', ids: ['lab'] });
  expect(recall('models=%E0%A4%A', 'models')).toBeNull();
  expect(recall(null, 'payer')).toBeNull();
});
