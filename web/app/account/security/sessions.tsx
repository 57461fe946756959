import { security as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { useRevalidator } from '@remix-run/react';
import { Monitor, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import {
  EndOtherSessionsDocument,
  EndSessionDocument,
  type SessionFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
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
    if (error) toast({ text: errorWords(error) ?? connection.unreached });
    revalidate();
  }

  return (
    <section aria-labelledby="sessions" className="flex flex-col gap-4">
      <div>
        <h2 id="sessions" className="text-lg font-semibold">
          {texts.signedIn}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.ifUnknown}</p>
      </div>
      <ul aria-label={texts.yourSessions} className="divide-y rounded-lg border bg-card">
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
          {texts.signOutOthers({ others: others.length })}
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
    <li className="flex items-center gap-3 py-3 pe-3 ps-4 text-sm">
      <Icon className="size-5 shrink-0 text-muted-foreground" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium" title={userAgent ?? undefined}>
            {name}
          </span>
          {current ? (
            <span className="rounded-sm bg-primary-soft px-1.5 text-xs text-primary">{texts.thisBrowser}</span>
          ) : null}
        </p>
        <p className="figures text-xs text-muted-foreground">
          {address ? <>{address} · </> : null}
          {current ? null : <>{sentence(texts.lastUsed, { time: <Time at={lastUsedAt} /> })} · </>}
          {sentence(texts.signedInAt, { time: <Time at={createdAt} /> })}
        </p>
      </div>
      {current ? null : (
        <Button size="small" disabled={busy} onClick={onEnd} aria-label={texts.signOutOf({ name })}>
          {texts.signOut}
        </Button>
      )}
    </li>
  );
}
