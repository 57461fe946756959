import { createElement, forwardRef, type SVGProps } from 'react';

interface IconData {
  name: string;
  aliases?: readonly string[];
  node: readonly (readonly [tag: string, attributes: Record<string, string>])[];
}

/**
 * Makes an icon of the package's drawing, as the package does for the server's page. The build puts it in the place of the
 * package's own function (vite/direct-icons.ts), which can do more and would be loaded with every page.
 */
export default function createIcon({ name, aliases = [], node }: IconData) {
  const names = ['lucide', ...[name, ...aliases].map((one) => `lucide-${one}`)].join(' ');
  return forwardRef<SVGSVGElement, SVGProps<SVGSVGElement>>(({ className, ...props }, ref) => {
    const speaks = Object.keys(props).some((key) => /^(aria-|role$|title$)/.test(key));
    const drawing = node.map(([tag, attributes]) => createElement(tag, attributes));
    return createElement(
      'svg',
      {
        ref,
        xmlns: 'http://www.w3.org/2000/svg',
        width: 24,
        height: 24,
        viewBox: '0 0 24 24',
        fill: 'none',
        stroke: 'currentColor',
        strokeWidth: 2,
        strokeLinecap: 'round',
        strokeLinejoin: 'round',
        className: className ? `${names} ${className}` : names,
        'aria-hidden': speaks ? undefined : 'true',
        ...props,
      },
      drawing,
    );
  });
}
