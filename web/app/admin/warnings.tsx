import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';
import type { AdminWarningsQuery } from '../graphql/generated/graphql.ts';
import { Time } from '../ui/time.tsx';

type Warning = AdminWarningsQuery['admin']['warnings'][number];

/** What an admin should look at, before the figures. */
export function Warnings({ warnings, mayChange }: { warnings: Warning[]; mayChange: boolean }) {
  return (
    <section aria-labelledby="attention" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2 id="attention" className="text-lg font-semibold">
          {warnings.length > 0 ? 'Needs your attention' : 'Nothing needs your attention'}
        </h2>
        {mayChange ? (
          <Link to="/admin/start" className="text-sm font-medium text-primary underline underline-offset-3">
            First steps
          </Link>
        ) : null}
      </div>
      {warnings.length > 0 ? (
        <ul className="flex flex-col divide-y divide-border rounded-lg border">
          {warnings.map((warning) => (
            <li key={`${warning.kind} ${warning.subject} ${warning.at}`} className="flex gap-3 px-4 py-3 text-sm">
              <span className={signs[warning.kind].look} aria-hidden="true">
                {signs[warning.kind].sign}
              </span>
              <p className="min-w-0 flex-1 wrap-anywhere">{sentences[warning.kind](warning, mayChange)}</p>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

const signs: Record<Warning['kind'], { sign: string; look: string }> = {
  PROVIDER_DOWN: { sign: '■', look: 'text-destructive' },
  BUDGET: { sign: '⚠', look: 'text-warning' },
  TEAM_BUDGET: { sign: '⚠', look: 'text-warning' },
  KEY_EXPIRES: { sign: '⚠', look: 'text-warning' },
  SIGN_UP_LAPSED: { sign: '⚠', look: 'text-warning' },
  MOCK_MODELS: { sign: '○', look: 'text-muted-foreground' },
};

const sentences: Record<Warning['kind'], (warning: Warning, mayChange: boolean) => ReactNode> = {
  PROVIDER_DOWN: ({ subject }) => (
    <>
      <strong className="font-medium">{subject} is down.</strong> Its models fail or are not asked; fallbacks answer
      where there are any. <To path="/admin/models">See why</To>
    </>
  ),
  BUDGET: ({ share }) => (
    <>
      <strong className="font-medium">{Math.floor((share ?? 0) * 100)} % of this month’s credits are used.</strong> When
      none are left, nobody can send a prompt until the month ends (MONTHLY_CREDITS_MAX).
    </>
  ),
  TEAM_BUDGET: ({ subject, share }) => (
    <>
      <strong className="font-medium">
        {Math.floor((share ?? 0) * 100)} % of the team {subject}’s credits for this month are used.
      </strong>{' '}
      When none are left, it pays for nothing more until it is topped up again or given more.{' '}
      <To path="/admin/teams">See the teams</To>
    </>
  ),
  KEY_EXPIRES: ({ subject, at }) => (
    <>
      <strong className="font-medium">The API key {subject} expires soon:</strong> {at ? <Time at={at} /> : null}. Its
      programs are refused from then on.
    </>
  ),
  MOCK_MODELS: (_warning, mayChange) => (
    <>
      <strong className="font-medium">Mock models are answering.</strong> They make their answers up. A provider’s key
      brings real ones. {mayChange ? <To path="/admin/providers">Connect a provider</To> : null}
    </>
  ),
  SIGN_UP_LAPSED: (_warning, mayChange) => (
    <>
      <strong className="font-medium">People sign up by invitation only.</strong> The rule that was chosen let others
      in, before answers cost money. {mayChange ? <To path="/admin/start">Choose again</To> : null}
    </>
  ),
};

function To({ path, children }: { path: string; children: string }) {
  return (
    <Link to={path} className="font-medium text-primary underline underline-offset-3">
      {children}
    </Link>
  );
}
