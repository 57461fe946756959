import { judging as texts } from 'texts:evaluations';
import { useRevalidator } from '@remix-run/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import {
  JudgeEvaluationPairDocument,
  NextEvaluationPairDocument,
  type PairFieldsFragment,
  type PairVerdict,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import type { AnswerView } from './answer-view.ts';
import { Refusal } from './refusal.tsx';

const choices: { verdict: PairVerdict; key: string; name: string }[] = [
  { verdict: 'A', key: '1', name: texts.aIsBetter },
  { verdict: 'B', key: '2', name: texts.bIsBetter },
  { verdict: 'TIE', key: 't', name: texts.tie },
  { verdict: 'ALL_BAD', key: 'b', name: texts.bothBad },
];

/** What takes each key, and what Enter presses. */
const takers = 'input, textarea, select, [role=menu], [role=dialog], [role=listbox], [role=alertdialog]';
const controls = 'a, button, summary, [role=button], [role=tab], [role=switch]';

/** Judges one pair after the other, without names: 1, 2, T or B choose, Enter sends. */
export function JudgeQueue({ evaluationId, Answer }: { evaluationId: string; Answer: AnswerView }) {
  const client = useClient();
  const { revalidate } = useRevalidator();
  const [pair, setPair] = useState<PairFieldsFragment | null | undefined>(undefined);
  const [chosen, setChosen] = useState<PairVerdict | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const section = useRef<HTMLElement>(null);

  async function begin(): Promise<void> {
    setBusy(true);
    const { data, error } = await client.mutation(NextEvaluationPairDocument, { id: evaluationId }).toPromise();
    setBusy(false);
    setProblem(error ? (errorWords(error) ?? texts.unreachable) : null);
    if (data) setPair(data.nextEvaluationPair);
  }

  const send = useCallback(async () => {
    if (!pair || !chosen || busy) return;
    setBusy(true);
    const variables = { pairId: pair.id, verdict: chosen };
    const { data, error } = await client.mutation(JudgeEvaluationPairDocument, variables).toPromise();
    setBusy(false);
    setProblem(error ? (errorWords(error) ?? texts.unreachable) : null);
    if (!data) return;
    setChosen(null);
    setPair(data.judgeEvaluationPair.next);
    revalidate();
    // Who has read long answers to their ends begins with the next ones at the top.
    if ((section.current?.getBoundingClientRect().top ?? 0) < 0) section.current?.scrollIntoView();
  }, [client, pair, chosen, busy, revalidate]);

  useEffect(() => {
    if (!pair) return;
    function onKeyDown(event: KeyboardEvent): void {
      const { target, key } = event;
      const focused = target instanceof Element ? target : document.body;
      if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (focused.closest(takers)) return;
      const choice = choices.find((one) => one.key === key.toLowerCase());
      if (choice) setChosen(choice.verdict);
      else if (key === 'Enter' && !focused.closest(controls)) {
        event.preventDefault();
        void send();
      }
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [pair, send]);

  return (
    <section ref={section} aria-labelledby="judge" className="flex scroll-mt-4 flex-col gap-3">
      <div>
        <h2 id="judge" className="text-lg font-semibold">
          {texts.judge}
        </h2>
        <p className="text-sm text-muted-foreground">
          {texts.about} <span className="pointer-coarse:hidden">{texts.keys}</span>
        </p>
      </div>
      <Refusal text={problem} />
      {pair === undefined ? (
        <Button variant="primary" size="small" className="w-fit" disabled={busy} onClick={() => void begin()}>
          {texts.start}
        </Button>
      ) : pair === null ? (
        <p role="status" className="text-sm">
          {texts.noneLeft}
        </p>
      ) : (
        <Pair pair={pair} Answer={Answer} chosen={chosen} busy={busy} onChosen={setChosen} onSend={() => void send()} />
      )}
    </section>
  );
}

interface PairProps {
  pair: PairFieldsFragment;
  Answer: AnswerView;
  chosen: PairVerdict | null;
  busy: boolean;
  onChosen: (verdict: PairVerdict) => void;
  onSend: () => void;
}

function Pair({ pair, Answer, chosen, busy, onChosen, onSend }: PairProps) {
  const { id, prompt, reference, answerA, answerB, judged, left } = pair;
  return (
    <div className="flex flex-col gap-3">
      <div className="rounded-md bg-muted px-3 py-2 text-sm">
        <p className="wrap-anywhere whitespace-pre-wrap">{prompt}</p>
        {reference ? (
          <p className="mt-1 text-muted-foreground wrap-anywhere whitespace-pre-wrap">
            {texts.hopedFor({ text: reference })}
          </p>
        ) : null}
      </div>
      <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
        {[
          { letter: 'A' as const, text: answerA },
          { letter: 'B' as const, text: answerB },
        ].map(({ letter, text }) => (
          <article
            key={`${id} ${letter}`}
            className={classes(
              'flex min-w-0 flex-col gap-2 rounded-lg border bg-card p-3',
              (chosen === letter || chosen === 'TIE') && 'border-primary',
            )}
          >
            <h3 className="text-sm font-medium">{texts.answer({ letter })}</h3>
            <Answer text={text} />
          </article>
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-2 max-md:grid max-md:grid-cols-2">
        {choices.map(({ verdict, key, name }) => (
          <Button
            key={verdict}
            size="small"
            aria-pressed={chosen === verdict}
            className={classes(chosen === verdict && 'border-primary bg-primary-soft text-primary')}
            onClick={() => onChosen(verdict)}
          >
            {name} <kbd className="text-xs text-muted-foreground pointer-coarse:hidden">{key.toUpperCase()}</kbd>
          </Button>
        ))}
        <Button
          variant="primary"
          size="small"
          className="aria-disabled:opacity-50 max-md:col-span-2"
          aria-disabled={!chosen || busy}
          onClick={onSend}
        >
          {texts.send} <kbd className="text-xs pointer-coarse:hidden">↵</kbd>
        </Button>
        <span role="status" className="figures ms-auto text-sm text-muted-foreground max-md:col-span-2">
          {texts.count({ judged, left })}
        </span>
      </div>
    </div>
  );
}
