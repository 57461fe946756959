import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Citations } from './citations.tsx';

test('a citation with an invalid address is shown as text, and the others are links', () => {
  const urls = ['https://example.org/a', 'https://', 'http://[bad', 'https://exa mple.org', 'https://example.org/a'];
  const page = render(<Citations citations={urls.map((url) => ({ url, title: null }))} />).container;
  expect([...page.querySelectorAll('li')].map((item) => item.textContent)).toEqual([
    '[1]example.org',
    '[2]https://',
    '[3]http://[bad',
    '[4]https://exa mple.org',
    '[5]example.org',
  ]);
  expect([...page.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual([urls[0], urls[4]]);
});

test('a citation whose address runs script is no link', () => {
  const page = render(<Citations citations={[{ url: 'javascript:alert(1)', title: 'A paper' }]} />).container;
  expect(page.querySelector('a')).toBeNull();
  expect(page.textContent).toBe('[1]A paper');
});
