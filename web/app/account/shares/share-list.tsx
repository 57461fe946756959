import { Link, useRevalidator } from '@remix-run/react';
import { Check, Copy, ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { toAddressId } from '../../graphql/address-id.ts';
import { RevokeShareDocument, type ShareFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { Question } from '../../ui/question.tsx';
import { Time } from '../../ui/time.tsx';
import { useToast } from '../../ui/toast.tsx';

type Share = ShareFieldsFragment & { conversation: { id: string } };

/** What a member shows to others, the newest first. `now` (ms) is when the list was read. */
export function ShareList({ shares, now }: { shares: readonly Share[]; now: number }) {
  return (
    <section aria-labelledby="shares" className="flex flex-col gap-4">
      <div>
        <h2 id="shares" className="text-lg font-semibold">
          Shares
        </h2>
        <p className="text-sm text-muted-foreground">
          Conversations that you show to others, each as it was then. Deleting the conversation ends its shares too.
        </p>
      </div>
      {shares.length > 0 ? (
        <ul aria-label="Your shares" className="divide-y rounded-lg border bg-card">
          {shares.map((share) => (
            <ShareRow key={share.id} share={share} now={now} />
          ))}
        </ul>
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-sm text-muted-foreground">
          You share nothing. A conversation’s menu has “Share”.
        </p>
      )}
    </section>
  );
}

function ShareRow({ share, now }: { share: Share; now: number }) {
  const [copied, copy] = useCopy();
  const hasExpired = share.expiresAt !== null && Date.parse(share.expiresAt) <= now;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 pr-3 pl-4 text-sm">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <Link to={`/c/${toAddressId(share.conversation.id)}`} className="truncate font-medium hover:underline">
          <bdi>{share.title}</bdi>
        </Link>
        <p className="flex flex-wrap gap-x-2 text-xs text-muted-foreground">
          <span>{share.audience === 'LINK' ? 'Anyone with the link' : 'Members with the link'}</span>
          <span aria-hidden="true">·</span>
          <span>
            since <Time at={share.createdAt} />
          </span>
          {share.expiresAt === null ? null : (
            <>
              <span aria-hidden="true">·</span>
              <span className={hasExpired ? 'text-warning' : undefined}>
                {hasExpired ? 'ended' : 'until'} <Time at={share.expiresAt} />
              </span>
            </>
          )}
        </p>
        <Extras share={share} />
      </div>
      <div className="flex items-center gap-1">
        {hasExpired ? null : (
          <>
            <Button
              variant="ghost"
              size="icon"
              aria-label={copied ? 'Copied' : `Copy the link of ${share.title}`}
              onClick={() => copy(share.url)}
            >
              {copied ? <Check /> : <Copy />}
            </Button>
            <Button asChild variant="ghost" size="icon">
              <a
                href={share.url}
                target="_blank"
                rel="noopener noreferrer"
                aria-label={`Open the share of ${share.title}`}
              >
                <ExternalLink />
              </a>
            </Button>
          </>
        )}
        <End share={share} hasExpired={hasExpired} />
      </div>
    </li>
  );
}

function Extras({ share }: { share: Share }) {
  const words = [
    share.withName && 'with your name',
    share.withFigures && 'with figures',
    share.asksVerdict && 'asks for a verdict first',
  ].filter((word) => word !== false);
  if (words.length === 0) return null;
  return <p className="text-xs text-muted-foreground">{words.join(', ')}</p>;
}

function End({ share, hasExpired }: { share: Share; hasExpired: boolean }) {
  const client = useClient();
  const toast = useToast();
  const { revalidate } = useRevalidator();
  const [busy, setBusy] = useState(false);
  async function end(): Promise<void> {
    setBusy(true);
    const { data, error } = await client.mutation(RevokeShareDocument, { id: share.id }).toPromise();
    setBusy(false);
    toast({ text: data ? 'The share has ended.' : (error?.graphQLErrors[0]?.message ?? 'It could not be ended.') });
    revalidate();
  }
  if (hasExpired) {
    return (
      <Button size="small" disabled={busy} onClick={() => void end()}>
        Take off the list
      </Button>
    );
  }
  return (
    <Question
      title="End this share?"
      text={`Whoever has the link of “${share.title}” can read it no more. The same link cannot be made again.`}
      yes="End it"
      onYes={() => void end()}
    >
      {(ask) => (
        <Button size="small" variant="danger" disabled={busy} onClick={ask}>
          End
        </Button>
      )}
    </Question>
  );
}
