import { arena as texts } from 'texts:chat';
import { Link } from '@remix-run/react';
import { tagged } from '../../languages/sentence.tsx';

const prompts = [
  { title: texts.decisionTitle, prompt: texts.decision },
  { title: texts.codeTitle, prompt: texts.code },
  { title: texts.factTitle, prompt: texts.fact },
];

interface EmptyStateProps {
  /** Whether the member can ask no model but mocks. */
  mocksOnly: boolean;
  /** Whether the member may connect providers. */
  isAdmin: boolean;
  onPick: (prompt: string) => void;
}

/** The page before the first prompt: what Polylogue does in one sentence, and three prompts worth asking several models. */
export function EmptyState({ mocksOnly, isAdmin, onPick }: EmptyStateProps) {
  return (
    <div className="mx-auto flex min-h-full w-full max-w-[960px] flex-col justify-center gap-6 px-6 py-10 max-md:px-4">
      <h2 className="text-xl font-semibold text-balance">{texts.claim}</h2>
      {mocksOnly ? (
        <p className="rounded-md bg-warning-soft px-4 py-3 text-sm">
          {isAdmin
            ? tagged(texts.mocksAdmin, {
                connect: (children) => (
                  <Link to="/admin/providers" className="font-medium text-primary underline underline-offset-3">
                    {children}
                  </Link>
                ),
              })
            : texts.mocksMember}
        </p>
      ) : null}
      <ul className="grid grid-cols-3 gap-4 max-md:grid-cols-1 max-md:gap-3">
        {prompts.map(({ title, prompt }) => (
          <li key={title} className="grid">
            <button
              type="button"
              onClick={() => onPick(prompt)}
              className="flex flex-col gap-1 rounded-lg border bg-card p-4 text-start transition-colors hover:border-input hover:bg-hover"
            >
              <span className="font-medium">{title}</span>
              <span className="line-clamp-4 text-sm text-muted-foreground max-md:line-clamp-2">{prompt}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
