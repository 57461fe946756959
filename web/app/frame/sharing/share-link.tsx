import { Link } from '@remix-run/react';
import { Check, Copy, ExternalLink } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ShareFieldsFragment } from '../../graphql/generated/graphql.ts';
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
          aria-label="Link"
          value={share.url}
          onFocus={(event) => event.target.select()}
          className="min-w-0"
        />
        <Button ref={button} size="large" variant="primary" onClick={() => copy(share.url)}>
          {copied ? <Check /> : <Copy />}
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <p className="text-sm text-muted-foreground">
        {share.audience === 'LINK' ? 'Anyone' : 'Any member'} who has this link can read it
        {share.expiresAt ? (
          <>
            {' '}
            until <Time at={share.expiresAt} />
          </>
        ) : null}
        .{' '}
        <Link to="/settings/shares" className="text-primary hover:underline">
          Your shares
        </Link>{' '}
        lists it, and there you end it.
      </p>
      <Button asChild className="self-start">
        <a href={share.url} target="_blank" rel="noopener noreferrer">
          <ExternalLink /> See what readers see
        </a>
      </Button>
    </div>
  );
}
