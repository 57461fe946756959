import { page as texts } from 'texts:share';
import { Link, useHref, useNavigate } from '@remix-run/react';
import { ArrowRight, EyeOff, Link2, Users } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { toAddressId } from '../../graphql/address-id.ts';
import { ContinueSharedDocument, type SharedQuery } from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { Time } from '../../ui/time.tsx';
import { loadMarkdown } from '../answer/markdown-loading.ts';
import { sendOnce } from './send-once.ts';
import { SharedAnswer } from './shared-answer.tsx';
import { SharedFiles } from './shared-files.tsx';
import { SharedVerdictForm, SharedVerdictSums } from './shared-verdict.tsx';

type Shared = NonNullable<SharedQuery['sharedConversation']>;

interface SharedPageProps {
  shareKey: string;
  shared: Shared;
  /** Null: signed out. */
  viewer: { id: string } | null;
}

/** What a share shows, to be read by anybody, without the app around it. The server's page is readable by itself. */
export function SharedPage({ shareKey, shared, viewer }: SharedPageProps) {
  useEffect(() => void loadMarkdown(), []);
  return (
    <div className="touch flex h-dvh flex-col print:h-auto">
      <Head shareKey={shareKey} shared={shared} viewer={viewer} />
      <main className="min-h-0 flex-1">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls what has the focus, and there may be nothing else */}
        <section tabIndex={0} aria-label={texts.conversation} className="arena h-full -outline-offset-2">
          {shared.hidden ? <Asking count={shared.turns.at(-1)?.answers.length ?? 0} /> : null}
          {shared.turns.map((turn, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the turns of a share never change their places
            <Turn key={index} turn={turn}>
              {index === shared.turns.length - 1 ? <Verdict shareKey={shareKey} shared={shared} /> : null}
            </Turn>
          ))}
        </section>
      </main>
    </div>
  );
}

function Head({ shareKey, shared, viewer }: SharedPageProps) {
  const home = useHref('/');
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 py-3 max-md:px-4">
      <a href={home} aria-label="Polylogue" className="shrink-0 rounded-sm max-md:-m-2.5 max-md:p-2.5">
        <img src={useHref('/favicon.svg')} alt="" width={24} height={24} />
      </a>
      <div className="min-w-0 flex-1 basis-60">
        <h1 className="truncate font-semibold">
          <bdi>{shared.title}</bdi>
        </h1>
        <p className="flex flex-wrap items-center gap-x-1.5 text-sm text-muted-foreground">
          {shared.forMembers ? (
            <Users className="size-3.5" aria-hidden="true" />
          ) : (
            <Link2 className="size-3.5" aria-hidden="true" />
          )}
          <span>
            {shared.sharedBy === null
              ? sentence(shared.forMembers ? texts.toMembers : texts.link, { time: <Time at={shared.sharedAt} /> })
              : sentence(shared.forMembers ? texts.byToMembers : texts.byLink, {
                  name: <bdi className="text-foreground">{shared.sharedBy}</bdi>,
                  time: <Time at={shared.sharedAt} />,
                })}
          </span>
        </p>
      </div>
      <Onward shareKey={shareKey} shared={shared} viewer={viewer} />
    </header>
  );
}

/** The way on: a conversation of the reader's own. */
function Onward({ shareKey, shared, viewer }: SharedPageProps) {
  const navigate = useNavigate();
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  if (shared.hidden) return null;
  if (!viewer) {
    return (
      <Button asChild size="small" className="print:hidden">
        <Link to={`/sign-in?to=${encodeURIComponent(`/s/${shareKey}`)}`} reloadDocument>
          {texts.signIn}
        </Link>
      </Button>
    );
  }
  async function go(): Promise<void> {
    setState({ busy: true, problem: null });
    const { data, error } = await sendOnce(ContinueSharedDocument, { key: shareKey });
    if (data) return navigate(`/c/${toAddressId(data.continueShared.id)}`);
    setState({
      busy: false,
      problem: errorWords(error) ?? texts.unreachable,
    });
  }
  return (
    <div className="flex flex-wrap items-center gap-3 print:hidden">
      {shared.own ? (
        <Link to="/settings/shares" className="text-sm text-primary hover:underline max-md:py-3">
          {texts.yourShares}
        </Link>
      ) : null}
      <Button size="small" variant="primary" disabled={state.busy} onClick={() => void go()}>
        {texts.continue} <ArrowRight className="rtl:-scale-x-100" />
      </Button>
      {state.problem ? (
        <p role="alert" className="w-full text-sm text-destructive">
          {state.problem}
        </p>
      ) : null}
    </div>
  );
}

function Asking({ count }: { count: number }) {
  return (
    <p className="turn-row pb-0!">
      <span className="mx-auto flex max-w-[1080px] items-center gap-3 rounded-md border border-primary/40 bg-primary-soft px-4 py-2.5 text-sm">
        <EyeOff className="size-4 shrink-0 text-primary" aria-hidden="true" />
        {texts.asking({ count })}
      </span>
    </p>
  );
}

function Turn({ turn, children }: { turn: Shared['turns'][number]; children: ReactNode }) {
  const { length } = turn.answers;
  return (
    <section className="turn" aria-label={texts.promptOf({ prompt: turn.prompt.slice(0, 80) })}>
      <div className="turn-row">
        <div className={length === 1 ? 'mx-auto flex max-w-[720px] gap-3' : 'flex gap-3'}>
          <h2 className="w-14 shrink-0 pt-0.5 text-sm font-semibold text-muted-foreground max-md:sr-only">
            {texts.prompt}
          </h2>
          <div className="flex min-w-0 flex-col gap-2">
            <SharedFiles files={turn.files} />
            <p className="measure min-w-0 text-start whitespace-pre-wrap wrap-anywhere [unicode-bidi:plaintext]">
              {turn.prompt}
            </p>
          </div>
        </div>
      </div>
      <div className="lanes" data-shared data-lanes={Math.min(length, 6)}>
        {turn.answers.map((answer, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the answers of a share never change their places
          <div key={index} className="lane">
            <SharedAnswer answer={answer} />
          </div>
        ))}
      </div>
      {children}
    </section>
  );
}

function Verdict({ shareKey, shared }: Pick<SharedPageProps, 'shareKey' | 'shared'>) {
  const answers = shared.turns.at(-1)?.answers ?? [];
  if (!shared.asksVerdict) return null;
  return (
    <div className="turn-row">
      {shared.hidden ? (
        <SharedVerdictForm shareKey={shareKey} answers={answers} />
      ) : shared.verdicts ? (
        <SharedVerdictSums verdicts={shared.verdicts} answers={answers} />
      ) : null}
    </div>
  );
}
