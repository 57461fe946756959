import { NavLink, useLocation } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { classes } from '../ui/classes.ts';

/** Tabs that lead to the pages of a group, such as the admin's. */
export function PageTabs({ label, pages }: { label: string; pages: readonly { path: string; title: string }[] }) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // A phone has no room for all tabs, and the current one may be beyond the edge.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another current tab
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [pathname]);
  return (
    <nav ref={nav} aria-label={label} className="flex shrink-0 gap-1 overflow-x-auto border-b px-4 max-md:px-2">
      {pages.map(({ path, title }) => (
        <NavLink
          key={path}
          to={path}
          end
          className={({ isActive }) =>
            classes(
              '-mb-px border-b-2 px-2 py-2.5 text-sm whitespace-nowrap -outline-offset-2 max-md:py-3',
              isActive
                ? 'border-primary font-medium'
                : 'border-transparent text-muted-foreground hover:text-foreground',
            )
          }
        >
          {title}
        </NavLink>
      ))}
    </nav>
  );
}
