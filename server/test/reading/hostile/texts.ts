import type { HostileFile } from './hostile-file.ts';

const text = 'read as text/plain';

export const hostileTexts: readonly HostileFile[] = [
  {
    what: 'an SVG with a script',
    ...{ name: 'a.svg', outcome: text },
    bytes: () => '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>',
  },
  {
    what: 'an SVG that calls itself a PNG and reads a file of the server',
    ...{ name: 'a.png', outcome: text },
    bytes: () => '<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg><text>&f;</text></svg>',
  },
  {
    what: 'a drawing for ImageMagick that fetches',
    ...{ name: 'a.jpg', outcome: text },
    bytes: () => "push graphic-context\nfill 'url(http://169.254.169.254/)'\npop graphic-context\n",
  },
  {
    what: 'a page of HTML that calls itself JSON',
    ...{ name: 'a.json', outcome: 'read as application/json' },
    bytes: () => '<html><script>alert(1)</script></html>',
  },
  {
    what: 'a line of nine megabytes',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => 'a b '.repeat(2_250_000),
  },
  {
    what: 'spaces of nine megabytes',
    ...{ name: 'a.csv', outcome: 'read as text/csv' },
    bytes: () => ' '.repeat(9_000_000),
  },
  {
    what: 'a letter with five million accents',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => `a${'\u0301'.repeat(4_500_000)}`,
  },
  {
    what: 'ligatures that become eighteen characters each',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => '\ufdfa'.repeat(1_000_000),
  },
  {
    what: 'a text of eleven megabytes',
    ...{ name: 'a.txt', outcome: 'TOO_LARGE' },
    bytes: () => 'eleven byte'.repeat(1_000_000),
  },
  {
    what: 'a text in UTF-16 that grows beyond ten megabytes in UTF-8',
    ...{ name: 'a.txt', outcome: 'TOO_LARGE' },
    bytes: () => Buffer.from(`\ufeff${'語'.repeat(4_000_000)}`, 'utf16le'),
  },
  {
    what: 'UTF-16 with half a character at its end',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => Buffer.concat([Buffer.from('\ufeffHello, world', 'utf16le'), Buffer.from([65])]),
  },
  {
    what: 'UTF-16 with halves of pairs',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => Buffer.from(`\ufeffHello\ud800 there, \udc00world${' and more'.repeat(20)}`, 'utf16le'),
  },
  {
    what: 'a text with zeros',
    ...{ name: 'a.txt', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => 'a\0b\0\0c'.repeat(100),
  },
  {
    what: 'UTF-8 in forms that are too long',
    ...{ name: 'a.txt', outcome: text },
    bytes: () => Buffer.from('c0afc0aee08080f0808080'.repeat(20), 'hex'),
  },
  {
    what: 'a program that calls itself a text',
    ...{ name: 'a.txt', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(100)]),
  },
  {
    what: 'noise that calls itself a picture',
    ...{ name: 'a.png', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * index * 31 + (index >> 3)) % 256)),
  },
  {
    what: 'a HEIC that calls itself JPEG',
    ...{ name: 'a.jpg', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.concat([Buffer.from('0000001866747970', 'hex'), Buffer.from('heic'), Buffer.alloc(100)]),
  },
  {
    what: 'a TIFF',
    ...{ name: 'a.png', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.concat([Buffer.from('49492a0008000000', 'hex'), Buffer.alloc(100)]),
  },
  {
    what: 'a packed archive',
    ...{ name: 'a.csv', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.alloc(100)]),
  },
  { what: 'nothing', name: 'a.txt', outcome: 'BROKEN', bytes: () => '' },
];
