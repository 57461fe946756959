import { expect, test } from 'vitest';
import { localeOf } from './locales.ts';

test.each([
  ['what was chosen in the browser', 'theme=dark; locale=ja', 'de', 'ja'],
  ['the first that the browser accepts', undefined, 'it, fr-CA;q=0.9, de;q=0.8', 'fr'],
  ['the one that is liked best, wherever it stands', '', 'de;q=0.3, ar-EG;q=0.9, en;q=0.5', 'ar'],
  ['British dates for the English of other countries', undefined, 'en-AU,en;q=0.9', 'en-GB'],
  ['American English for English as such', undefined, 'en', 'en-US'],
  ['nothing that is refused', undefined, 'de;q=0, es', 'es'],
  ['English where nothing is known', undefined, undefined, 'en-US'],
  ['English where nothing is offered', 'locale=tlh', 'tlh, *', 'en-US'],
  ['English for nonsense', 'locale=../../etc', `;;q=,${'a,'.repeat(9999)}`, 'en-US'],
])('a page is in %s', (_, cookies, accepted, expected) => {
  expect(localeOf(cookies, accepted)).toBe(expected);
});
