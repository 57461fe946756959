import { verdict as texts } from 'texts:share';
import { useRevalidator } from '@remix-run/react';
import { type FormEvent, useId, useState } from 'react';
import {
  JudgeSharedDocument,
  type SharedAnswerFieldsFragment,
  type SharedQuery,
  type SharedVerdictFieldsFragment,
  type VerdictKind,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { sendOnce } from './send-once.ts';
import { nameOf } from './shared-answer.tsx';

interface Pick {
  kind: VerdictKind;
  letter: string | null;
}

/** Asks a reader which of the answers is best. Then the page is loaded again, with the models. */
export function SharedVerdictForm({
  shareKey,
  answers,
}: {
  shareKey: string;
  answers: readonly SharedAnswerFieldsFragment[];
}) {
  const { revalidate } = useRevalidator();
  const [pick, setPick] = useState<Pick | null>(null);
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const name = useId();
  const options: (Pick & { label: string })[] = [
    ...answers.map(({ letter }) => ({ kind: 'BEST' as const, letter, label: texts.best({ letter: letter ?? '' }) })),
    { kind: 'TIE', letter: null, label: texts.tie },
    { kind: 'ALL_BAD', letter: null, label: texts.allBad },
  ];

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!pick || state.busy) return;
    setState({ busy: true, problem: null });
    const input = { key: shareKey, kind: pick.kind, bestLetters: pick.letter === null ? null : [pick.letter] };
    const { error } = await sendOnce(JudgeSharedDocument, { input });
    const problem = error && (errorWords(error) ?? texts.unreachable);
    setState({ busy: false, problem: problem ?? null });
    revalidate();
  }

  return (
    <form className="flex flex-wrap items-center gap-x-4 gap-y-3" onSubmit={(event) => void submit(event)}>
      <fieldset className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-2 max-md:w-full">
        <legend className="float-start me-1 font-medium max-md:mb-2 max-md:w-full">{texts.question}</legend>
        {options.map((option) => {
          const checked = pick !== null && pick.kind === option.kind && pick.letter === option.letter;
          return (
            <label
              key={option.label}
              className={classes(
                'relative flex h-9 cursor-pointer items-center rounded-md border px-3 text-sm font-medium transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring max-md:h-[44px] max-md:flex-1 max-md:justify-center',
                checked ? 'border-primary bg-primary-soft text-primary' : 'border-input bg-card hover:bg-hover',
              )}
            >
              <input
                type="radio"
                name={name}
                value={option.label}
                checked={checked}
                onChange={() => setPick(option)}
                className="absolute inset-0 cursor-pointer appearance-none opacity-0"
              />
              <span className="whitespace-nowrap">{option.label}</span>
            </label>
          );
        })}
      </fieldset>
      <Button type="submit" variant="primary" disabled={!pick || state.busy} className="max-md:w-full">
        {texts.say}
      </Button>
      {state.problem ? (
        <p role="alert" className="w-full text-sm text-destructive">
          {state.problem}
        </p>
      ) : null}
      <noscript>
        <p className="w-full text-sm text-muted-foreground">{texts.needsScript}</p>
      </noscript>
    </form>
  );
}

type Verdicts = NonNullable<NonNullable<SharedQuery['sharedConversation']>['verdicts']>;

/** What readers said: of each answer how often it was best. */
export function SharedVerdictSums({
  verdicts,
  answers,
}: {
  verdicts: Verdicts;
  answers: readonly SharedAnswerFieldsFragment[];
}) {
  const { members, others } = verdicts;
  const total = members.count + others.count;
  if (total === 0) return <p className="text-sm text-muted-foreground">{texts.none}</p>;
  const both = (figure: (of: SharedVerdictFieldsFragment) => number) => figure(members) + figure(others);
  const rows = [
    ...answers.map((answer, index) => ({
      label: answer.letter === null ? nameOf(answer) : `${answer.letter} · ${nameOf(answer)}`,
      count: both(({ best }) => best[index] ?? 0),
      isShown: answer.compared,
    })),
    { label: texts.tie, count: both(({ ties }) => ties), isShown: true },
    { label: texts.allBad, count: both(({ allBad }) => allBad), isShown: true },
  ].filter(({ isShown }) => isShown);
  return (
    <section aria-label={texts.said} className="flex flex-col gap-2">
      <p className="text-sm">
        <span className="font-medium">{texts.saidCount({ count: total })}</span>{' '}
        <span className="text-muted-foreground">{texts.who({ members: members.count, others: others.count })}</span>
      </p>
      <dl className="grid w-fit max-w-full grid-cols-[auto_minmax(4rem,16rem)_auto] items-center gap-x-3 gap-y-1 text-sm">
        {rows.map(({ label, count }) => (
          <div key={label} className="contents">
            <dt className="truncate">{label}</dt>
            <dd aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-muted">
              <svg
                className="size-full rtl:-scale-x-100"
                preserveAspectRatio="none"
                viewBox="0 0 100 1"
                focusable="false"
              >
                <title>{label}</title>
                <rect width={(100 * count) / total} height="1" className="fill-primary" />
              </svg>
            </dd>
            <dd className="figures text-end">{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
