import { Link } from '@remix-run/react';

const prompts = [
  {
    title: 'Weigh a decision',
    prompt:
      'We run a 40-person company on one Postgres server. When is it worth moving to a replicated setup, what does it cost us in operations, and what would you do first?',
  },
  {
    title: 'Compare code',
    prompt:
      'Write a TypeScript function that groups overlapping time ranges and returns the merged ranges, with its complexity and three test cases.',
  },
  {
    title: 'Check a fact',
    prompt:
      'Why is the sky blue at noon and red at sunset? Explain it in three sentences, then name one common explanation that is wrong.',
  },
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
      <h2 className="text-xl font-semibold text-balance">
        Ask once; every model you choose answers side by side, and the bill is exact.
      </h2>
      {mocksOnly ? (
        <p className="rounded-md bg-warning-soft px-4 py-3 text-sm">
          The models here are mocks: this server makes up their answers, so that you can try things out.{' '}
          {isAdmin ? (
            <>
              <Link to="/admin/providers" className="font-medium text-primary underline underline-offset-3">
                Connect a provider
              </Link>{' '}
              for real ones.
            </>
          ) : (
            'An admin of this server can connect real ones.'
          )}
        </p>
      ) : null}
      <ul className="grid grid-cols-3 gap-4 max-md:grid-cols-1 max-md:gap-3">
        {prompts.map(({ title, prompt }) => (
          <li key={title} className="grid">
            <button
              type="button"
              onClick={() => onPick(prompt)}
              className="flex flex-col gap-1 rounded-lg border bg-card p-4 text-left transition-colors hover:border-input hover:bg-hover"
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
