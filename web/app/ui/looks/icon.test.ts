import { createRequire } from 'node:module';
import { createElement, type FunctionComponent, type SVGProps } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import createIcon from './icon.ts';

const entry = createRequire(import.meta.url).resolve('lucide-react');
const drawings = entry.replace(/cjs[/\\][^/\\]*$/, 'esm/icons');

test.each([
  ['log-in', {}],
  ['chart-column', { className: 'size-4 shrink-0' }],
  ['trophy', { 'aria-hidden': 'true', className: 'size-3' }],
  ['settings', { 'aria-label': 'Settings', role: 'img' }],
  ['star', { fill: 'currentColor', strokeWidth: 1, width: 12, height: 12, style: { opacity: 0.5 } }],
] as [string, SVGProps<SVGSVGElement>][])(
  'the icon %s is drawn with %o as the package draws it',
  async (name, props) => {
    const icon = await import(/* @vite-ignore */ `${drawings}/${name}.mjs`);
    const drawn = (component: unknown) =>
      renderToStaticMarkup(createElement(component as FunctionComponent<object>, props));
    expect(drawn(createIcon(icon.__iconData))).toBe(drawn(icon.default));
  },
);
