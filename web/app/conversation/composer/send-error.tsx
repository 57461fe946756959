import { sendError as texts } from 'texts:chat';
import { useEffect, useState } from 'react';
import type { ModelFieldsFragment } from '../../graphql/generated/graphql.ts';
import { refusalWords } from '../../graphql/refusal.ts';
import { basePath } from '../../ui/browser/base-path.ts';
import { Button } from '../../ui/button.tsx';
import type { FailedCall, SendError } from '../turns/failed-call.ts';

/** Says above the composer's draft why a call failed, and what the member can do. */
export function SendErrorNotice({
  failed: { error, kept, retry },
  models,
  onDismiss,
}: {
  failed: FailedCall;
  /** Those whose names the notice may say. */
  models: readonly ModelFieldsFragment[];
  onDismiss: () => void;
}) {
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg bg-warning-soft px-4 py-2 text-sm"
    >
      <p className="figures min-w-0 flex-1 basis-64">
        <span aria-hidden="true" className="text-warning">
          ⚠{' '}
        </span>
        {refusalWords(error, (id) => models.find((model) => model.id === id)?.name)} <Way error={error} kept={kept} />
      </p>
      <span className="flex items-center gap-2">
        {error.__typename === 'RateLimitError' ? <RetryAfter error={error} onRetry={retry} /> : null}
        {error.__typename === 'SignedOut' ? (
          <Button size="small" asChild>
            <a href={signInAddress()}>{texts.signIn}</a>
          </Button>
        ) : null}
        {error.__typename === 'Unreachable' ? (
          <Button size="small" onClick={retry}>
            {texts.tryAgain}
          </Button>
        ) : null}
        <Button size="small" variant="ghost" onClick={onDismiss}>
          {texts.dismiss}
        </Button>
      </span>
    </div>
  );
}

/** The page to sign in, which leads back here. */
function signInAddress(): string {
  const here = location.pathname.slice(basePath().length) + location.search;
  return `${basePath()}/sign-in?to=${encodeURIComponent(here)}`;
}

function Way({ error, kept }: Pick<FailedCall, 'error' | 'kept'>) {
  switch (error.__typename) {
    case 'InsufficientCreditsError':
      return texts.cheaper;
    case 'TierLimitError':
      return error.requiredTier ? texts.planAllows({ plan: tierNames[error.requiredTier] }) : null;
    case 'FileNotReadableError':
      return texts.removeFile;
    case 'ModelUnavailableError':
      return kept ? texts.removeModel : null;
    case 'SignedOut':
      return kept ? keptWords[kept] : null;
    case 'Unreachable':
      return kept ? (
        <>
          {keptWords[kept]} {texts.neverTwice}
        </>
      ) : null;
    default:
      return null;
  }
}

const keptWords = { composer: texts.keptInComposer, editor: texts.keptInEditor };
const tierNames = { FREE: 'Free', PRO: 'Pro', ENTERPRISE: 'Enterprise' };

type RateLimit = Extract<SendError, { __typename: 'RateLimitError' }>;

/** Counts down by the clock, since a page in the background misses ticks, and begins anew with each refusal. */
function RetryAfter({ error, onRetry }: { error: RateLimit; onRetry: () => void }) {
  const [now, setNow] = useState(() => Date.now());
  const [refused, setRefused] = useState({ error, at: now });
  if (refused.error !== error) {
    const at = Date.now();
    setRefused({ error, at });
    setNow(at);
  }
  useEffect(() => {
    const look = () => setNow(Date.now());
    const timer = setInterval(look, 1000);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  const left = Math.max(0, Math.ceil(error.retryAfterSeconds - (now - refused.at) / 1000));
  return (
    <Button size="small" disabled={left > 0} onClick={onRetry} className="figures">
      {left > 0 ? texts.tryAgainIn({ seconds: left }) : texts.tryAgain}
    </Button>
  );
}
