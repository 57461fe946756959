import { signIn as texts } from 'texts:sign-in';
import { Link } from '@remix-run/react';
import { LogIn } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import type { Door } from './door.ts';

/** The ways to sign in with other services. Each keeps the way back, and an invitation. */
export function Providers({
  providers,
  label,
  search,
}: {
  providers: Door['signInWith'];
  /** What a link to the service with this name says. */
  label: (values: { name: string }) => string;
  search: URLSearchParams;
}) {
  if (providers.length === 0) return null;
  return (
    <ul aria-label={texts.otherWays} className="flex flex-col gap-2">
      {providers.map(({ id, name }) => (
        <li key={id}>
          <Button asChild size="large" className="w-full min-w-0">
            {/* The browser leaves this site, so no page of it is loaded beforehand. */}
            <Link reloadDocument to={{ pathname: `/api/auth/oidc/${id}`, search: kept(search) }}>
              <LogIn aria-hidden="true" />
              <span className="truncate">{label({ name })}</span>
            </Link>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function kept(search: URLSearchParams): string {
  const names = ['to', 'invitation'];
  return new URLSearchParams([...search].filter(([name]) => names.includes(name))).toString();
}

/** A line between the two kinds of ways. */
export function Or() {
  return (
    <div className="flex items-center gap-3 text-sm text-muted-foreground">
      <span className="h-px flex-1 bg-border" aria-hidden="true" />
      {texts.or}
      <span className="h-px flex-1 bg-border" aria-hidden="true" />
    </div>
  );
}
