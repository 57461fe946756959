import { overview as texts } from 'texts:admin';
import { Link } from '@remix-run/react';
import type { ReactNode } from 'react';
import type { AdminWarningsQuery } from '../graphql/generated/graphql.ts';
import { sentence, tagged } from '../languages/sentence.tsx';
import { formatPercent } from '../ui/figures.ts';
import { Time } from '../ui/time.tsx';

type Warning = AdminWarningsQuery['admin']['warnings'][number];

/** What an admin should look at, before the figures. */
export function Warnings({ warnings, mayChange }: { warnings: Warning[]; mayChange: boolean }) {
  return (
    <section aria-labelledby="attention" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <h2 id="attention" className="text-lg font-semibold">
          {warnings.length > 0 ? texts.attention : texts.noAttention}
        </h2>
        {mayChange ? (
          <Link to="/admin/start" className="text-sm font-medium text-primary underline underline-offset-3">
            {texts.firstSteps}
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
  PROVIDER_DOWN: ({ subject }) =>
    sentence(texts.down, { provider: <bdi>{subject}</bdi> }, { b: strong, link: to('/admin/models') }),
  BUDGET: ({ share }) => sentence(texts.budget, { share: wholePercent(share) }, { b: strong }),
  TEAM_BUDGET: ({ subject, share }) =>
    sentence(
      texts.teamBudget,
      { share: wholePercent(share), team: <bdi>{subject}</bdi> },
      { b: strong, link: to('/admin/teams') },
    ),
  KEY_EXPIRES: ({ subject, at }) =>
    sentence(texts.keyExpires, { key: <bdi>{subject}</bdi>, time: at ? <Time at={at} /> : null }, { b: strong }),
  MOCK_MODELS: (_warning, mayChange) => (
    <>
      {tagged(texts.mocks, { b: strong })} {mayChange ? to('/admin/providers')(texts.connect) : null}
    </>
  ),
  SIGN_UP_LAPSED: (_warning, mayChange) => (
    <>
      {tagged(texts.lapsed, { b: strong })} {mayChange ? to('/admin/start')(texts.chooseAgain) : null}
    </>
  ),
};

/** The share as a percentage, rounded down: what is not used up is not said to be. */
function wholePercent(share: number | null | undefined): string {
  return formatPercent(Math.floor((share ?? 0) * 100) / 100);
}

function strong(children: ReactNode) {
  return <strong className="font-medium">{children}</strong>;
}

function to(path: string) {
  return (children: ReactNode) => (
    <Link to={path} className="font-medium text-primary underline underline-offset-3">
      {children}
    </Link>
  );
}
