import { sharing as texts } from 'texts:tools';
import { Link } from '@remix-run/react';
import { Check, Copy, ExternalLink } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ShareFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence, tagged } from '../../languages/sentence.tsx';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { Input } from '../../ui/input.tsx';
import { Time } from '../../ui/time.tsx';

/** A share's link, which is copied from here. */
export function ShareLink({ share }: { share: ShareFieldsFragment }) {
  const [copied, copy] = useCopy();
  const button = useRef<HTMLButtonElement>(null);
  // What was pressed last has gone.
  useEffect(() => button.current?.focus(), []);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex gap-2">
        <Input
          readOnly
          aria-label={texts.link}
          value={share.url}
          onFocus={(event) => event.target.select()}
          className="min-w-0"
        />
        <Button ref={button} size="large" variant="primary" onClick={() => copy(share.url)}>
          {copied ? <Check /> : <Copy />}
          {copied ? texts.copied : texts.copy}
        </Button>
      </div>
      <p className="text-sm text-muted-foreground">
        <Readers share={share} />{' '}
        {tagged(texts.listedInShares, {
          link: (children) => (
            <Link to="/settings/shares" className="text-primary hover:underline">
              {children}
            </Link>
          ),
        })}
      </p>
      <Button asChild className="self-start">
        <a href={share.url} target="_blank" rel="noopener noreferrer">
          <ExternalLink /> {texts.seeAsReader}
        </a>
      </Button>
    </div>
  );
}

/** Who can read the share, and until when. */
function Readers({ share: { audience, expiresAt } }: { share: ShareFieldsFragment }) {
  const isPublic = audience === 'LINK';
  if (!expiresAt) return isPublic ? texts.anyoneCanRead : texts.membersCanRead;
  return sentence(isPublic ? texts.anyoneCanReadUntil : texts.membersCanReadUntil, { time: <Time at={expiresAt} /> });
}
