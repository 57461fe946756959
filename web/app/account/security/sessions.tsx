import { useRevalidator } from '@remix-run/react';
import { Monitor, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  EndOtherSessionsDocument,
  EndSessionDocument,
  type SessionFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { plural } from '../../ui/figures.ts';
import { Time } from '../../ui/time.tsx';
import { useToast } from '../../ui/toast.tsx';
import { describeDevice } from './device.ts';

/** The browsers in which the member is signed in. Each but this one can be signed out. */
export function Sessions({ sessions }: { sessions: readonly SessionFieldsFragment[] }) {
  const client = useClient();
  const toast = useToast();
  const { revalidate } = useRevalidator();
  const [busy, setBusy] = useState(false);
  const others = sessions.filter(({ current }) => !current);

  async function end(request: () => Promise<{ error?: { graphQLErrors: { message: string }[] } | undefined }>) {
    setBusy(true);
    const { error } = await request();
    setBusy(false);
    if (error) toast({ text: error.graphQLErrors[0]?.message ?? 'The server could not be reached. Try again.' });
    revalidate();
  }

  return (
    <section aria-labelledby="sessions" className="flex flex-col gap-4">
      <div>
        <h2 id="sessions" className="text-lg font-semibold">
          Where you are signed in
        </h2>
        <p className="text-sm text-muted-foreground">
          If you do not know one of these, sign it out and change your password.
        </p>
      </div>
      <ul aria-label="Your sessions" className="divide-y rounded-lg border bg-card">
        {sessions.map((session) => (
          <Session
            key={session.id}
            session={session}
            busy={busy}
            onEnd={() => void end(() => client.mutation(EndSessionDocument, { id: session.id }).toPromise())}
          />
        ))}
      </ul>
      {others.length > 1 ? (
        <Button
          variant="danger"
          className="self-start"
          disabled={busy}
          onClick={() => void end(() => client.mutation(EndOtherSessionsDocument, {}).toPromise())}
        >
          Sign out the other {plural(others.length, 'browser')}
        </Button>
      ) : null}
    </section>
  );
}

interface SessionProps {
  session: SessionFieldsFragment;
  busy: boolean;
  onEnd: () => void;
}

function Session({ session, busy, onEnd }: SessionProps) {
  const { userAgent, address, createdAt, lastUsedAt, current } = session;
  const { name, isPhone } = describeDevice(userAgent);
  const Icon = isPhone ? Smartphone : Monitor;
  return (
    <li className="flex items-center gap-3 py-3 pr-3 pl-4 text-sm">
      <Icon className="size-5 shrink-0 text-muted-foreground" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium" title={userAgent ?? undefined}>
            {name}
          </span>
          {current ? (
            <span className="rounded-sm bg-primary-soft px-1.5 text-xs text-primary">This browser</span>
          ) : null}
        </p>
        <p className="figures text-xs text-muted-foreground">
          {address ? <>{address} · </> : null}
          {current ? null : (
            <>
              last used <Time at={lastUsedAt} /> ·{' '}
            </>
          )}
          signed in <Time at={createdAt} />
        </p>
      </div>
      {current ? null : (
        <Button size="small" disabled={busy} onClick={onEnd} aria-label={`Sign out ${name}`}>
          Sign out
        </Button>
      )}
    </li>
  );
}
