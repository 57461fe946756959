import { shares as texts } from 'texts:account';
import { Link, useRevalidator } from '@remix-run/react';
import { Check, Copy, ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { useClient } from 'urql';
import { toAddressId } from '../../graphql/address-id.ts';
import { RevokeShareDocument, type ShareFieldsFragment } from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { figuresLocale } from '../../languages/locale.ts';
import { sentence } from '../../languages/sentence.tsx';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { Question } from '../../ui/question.tsx';
import { Time } from '../../ui/time.tsx';
import { useToast } from '../../ui/toast.tsx';

type Share = ShareFieldsFragment & { conversation: { id: string } };

const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** What a member shows to others, the newest first. `now` (ms) is when the list was read. */
export function ShareList({ shares, now }: { shares: readonly Share[]; now: number }) {
  return (
    <section aria-labelledby="shares" className="flex flex-col gap-4">
      <div>
        <h2 id="shares" className="text-lg font-semibold">
          {texts.shares}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.about}</p>
      </div>
      {shares.length > 0 ? (
        <ul aria-label={texts.yours} className="divide-y rounded-lg border bg-card">
          {shares.map((share) => (
            <ShareRow key={share.id} share={share} now={now} />
          ))}
        </ul>
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-sm text-muted-foreground">
          {texts.none}
        </p>
      )}
    </section>
  );
}

function ShareRow({ share, now }: { share: Share; now: number }) {
  const [copied, copy] = useCopy();
  const hasExpired = share.expiresAt !== null && Date.parse(share.expiresAt) <= now;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3 pe-3 ps-4 text-sm">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <Link to={`/c/${toAddressId(share.conversation.id)}`} className="truncate font-medium hover:underline">
          <bdi>{share.title}</bdi>
        </Link>
        <p className="flex flex-wrap gap-x-2 text-xs text-muted-foreground">
          <span>{share.audience === 'LINK' ? texts.anyone : texts.members}</span>
          <span aria-hidden="true">·</span>
          <span>{sentence(texts.since, { time: <Time at={share.createdAt} /> })}</span>
          {share.expiresAt === null ? null : (
            <>
              <span aria-hidden="true">·</span>
              <span className={hasExpired ? 'text-warning' : undefined}>
                {sentence(hasExpired ? texts.ended : texts.until, { time: <Time at={share.expiresAt} /> })}
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
              aria-label={copied ? texts.copied : texts.copyLink({ title: share.title })}
              onClick={() => copy(share.url)}
            >
              {copied ? <Check /> : <Copy />}
            </Button>
            <Button asChild variant="ghost" size="icon">
              <a
                href={share.url}
                target="_blank"
                rel="noopener noreferrer"
                aria-label={texts.open({ title: share.title })}
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
    share.withName && texts.withName,
    share.withFigures && texts.withFigures,
    share.asksVerdict && texts.asksVerdict,
  ].filter((word) => word !== false);
  if (words.length === 0) return null;
  return <p className="text-xs text-muted-foreground">{list.format(words)}</p>;
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
    toast({ text: data ? texts.hasEnded : (errorWords(error) ?? texts.notEnded) });
    revalidate();
  }
  if (hasExpired) {
    return (
      <Button size="small" disabled={busy} onClick={() => void end()}>
        {texts.takeOff}
      </Button>
    );
  }
  return (
    <Question
      title={texts.endQuestion}
      text={texts.endWarning({ title: share.title })}
      yes={texts.endIt}
      onYes={() => void end()}
    >
      {(ask) => (
        <Button size="small" variant="danger" disabled={busy} onClick={ask}>
          {texts.end}
        </Button>
      )}
    </Question>
  );
}
