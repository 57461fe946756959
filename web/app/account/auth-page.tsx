import { useHref } from '@remix-run/react';
import type { ReactNode } from 'react';

/** A page for somebody who is signed out: a narrow column with the name of the house. */
export function AuthPage({ title, text, children }: { title: string; text: ReactNode; children?: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center p-6">
      <div className="flex w-full max-w-90 flex-col gap-6">
        <div className="flex items-center gap-2 text-lg font-semibold">
          <img src={useHref('/favicon.svg')} alt="" width={28} height={28} />
          Polylogue
        </div>
        <div>
          <h1 className="text-xl font-semibold">{title}</h1>
          <p className="mt-1 text-muted-foreground">{text}</p>
        </div>
        {children}
      </div>
    </main>
  );
}

/** Says that something was refused. */
export function Alert({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-md bg-destructive-soft px-3 py-2 text-sm text-destructive">
      {children}
    </p>
  );
}
