import { connecting as texts } from 'texts:account';
import { useHref } from '@remix-run/react';
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { tagged } from '../../languages/sentence.tsx';
import { basePath } from '../../ui/browser/base-path.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { type Connection, type SnippetBlock, snippetsFor } from './snippets.ts';

interface ConnectProgramsProps extends Omit<Connection, 'secret'> {
  /** The key that was made just now; null: none was, and a word stands for it. */
  secret: string | null;
}

const noChanges = () => () => {};

/** The lines that connect programs to this server, with the new key in them if there is one. */
export function ConnectPrograms({ secret, origin: asked, model }: ConnectProgramsProps) {
  // A proxy may have changed what the server was asked as.
  const origin = useSyncExternalStore(
    noChanges,
    () => window.location.origin + basePath(),
    () => asked,
  );
  const snippets = snippetsFor({ origin, model, secret: secret ?? 'YOUR_KEY' });
  return (
    <section aria-labelledby="connect" className="flex min-w-0 flex-col gap-4">
      <div>
        <h2 id="connect" className="text-lg font-semibold">
          {texts.linesToPaste}
        </h2>
        <p className="text-sm text-muted-foreground">
          {tagged(secret === null ? texts.putYourKey : texts.haveNewKey, {
            rest: (children) => <ApiLink to="/api/v1/docs">{children}</ApiLink>,
            graphql: (children) => <ApiLink to="/graphql">{children}</ApiLink>,
          })}
        </p>
      </div>
      <Tabs
        label={texts.programs}
        tabs={snippets.map(({ id, name, blocks }) => ({
          id,
          name,
          content: blocks.map((block) => <Block key={block.place} {...block} />),
        }))}
      />
    </section>
  );
}

function ApiLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <a className="whitespace-nowrap text-primary underline underline-offset-3" href={useHref(to)}>
      {children}
    </a>
  );
}

function Block({ place, lines }: SnippetBlock) {
  const [copied, copy] = useCopy();
  return (
    <figure dir="ltr" className="overflow-hidden rounded-md border bg-code">
      <figcaption className="flex min-h-8 items-center justify-between gap-2 border-b pe-1 ps-3 font-mono text-xs text-muted-foreground">
        <span className="min-w-0 wrap-anywhere">{place}</span>
        <Button variant="ghost" size="small" className="h-6 px-2 text-xs" onClick={() => copy(lines)}>
          {copied ? <Check /> : <Copy />} {copied ? texts.copied : texts.copy}
        </Button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard can only scroll what has the focus */}
      <pre tabIndex={0} className="overflow-x-auto px-3 py-2 font-mono text-xs leading-5 -outline-offset-2">
        <code>{lines}</code>
      </pre>
    </figure>
  );
}
