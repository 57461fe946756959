import { trouble as texts } from 'texts:everywhere';
import { isRouteErrorResponse, Link, useRevalidator } from '@remix-run/react';
import { useEffect } from 'react';
import { Button } from '../ui/button.tsx';

const explanations: Record<number, { title: string; text: string }> = {
  404: { title: texts.nothingHere, text: texts.notYours },
  502: {
    title: texts.doesNotAnswer,
    text: texts.writtenIsSafe,
  },
};

const unreachable = {
  title: texts.unreachable,
  text: texts.writtenIsSafe,
};

/** The HTTP status of an error that a route threw; null if the server could not be reached. */
export function statusOf(error: unknown): number | null {
  if (isRouteErrorResponse(error)) return error.status;
  // If no reply comes, a browser's `fetch` throws a TypeError. Only its message tells it from an error in our code.
  return error instanceof TypeError && /fetch|network|load failed/i.test(error.message) ? null : 500;
}

/** Replaces a page that could not be shown: says what happened, and what the member can do. */
export function Trouble({ status }: { status: number | null }) {
  const { title, text } = (status === null ? unreachable : explanations[status]) ?? {
    title: texts.notShown,
    text: texts.wentWrong,
  };
  return (
    <main className="flex h-full min-h-80 flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
      <p className="figures font-mono text-sm text-muted-foreground">{status}</p>
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="max-w-96 text-balance text-muted-foreground">{text}</p>
      <div className="mt-2 flex gap-2">
        {status === null ? <Reconnect /> : null}
        {status === null || status === 404 ? null : (
          <Button variant="primary" onClick={() => location.reload()}>
            {texts.tryAgain}
          </Button>
        )}
        {status === null ? null : (
          <Button asChild variant={status === 404 ? 'primary' : 'outline'}>
            <Link reloadDocument to="/">
              {texts.backToChat}
            </Link>
          </Button>
        )}
      </div>
    </main>
  );
}

/** How often a server that was away is asked again, in ms. */
const lookMs = 5000;

/** Loads the page's data again, by itself too. The document stays: without the server there would be no other. */
function Reconnect() {
  const { revalidate, state } = useRevalidator();
  useEffect(() => {
    const look = () => revalidate();
    const timer = setInterval(look, lookMs);
    window.addEventListener('online', look);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', look);
    };
  }, [revalidate]);
  return (
    <Button variant="primary" disabled={state !== 'idle'} onClick={revalidate}>
      {texts.tryAgain}
    </Button>
  );
}
