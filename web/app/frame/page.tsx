import type { ReactNode } from 'react';
import { classes } from '../ui/classes.ts';
import { TopBar } from './top-bar.tsx';

const widths = { narrow: 'max-w-[720px] py-8', normal: 'max-w-[1080px] py-8', wide: 'max-w-[1200px] py-6' };

interface PageProps {
  title: string;
  width: keyof typeof widths;
  /** Tabs below the top bar. */
  nav?: ReactNode;
  children: ReactNode;
}

/**
 * A page other than a conversation's: the top bar, and one column that scrolls below it. On a phone its controls are as
 * large as a thumb (`touch`).
 */
export function Page({ title, width, nav, children }: PageProps) {
  return (
    <>
      <TopBar title={title} />
      {nav}
      {/* A page of lines alone, such as a log, has nothing else to focus, which the keyboard needs to scroll it. */}
      <main tabIndex={nav ? 0 : undefined} className="touch min-h-0 flex-1 overflow-y-auto -outline-offset-2">
        <div className={classes('mx-auto flex flex-col gap-10 px-6 max-md:px-4', widths[width])}>{children}</div>
      </main>
    </>
  );
}
