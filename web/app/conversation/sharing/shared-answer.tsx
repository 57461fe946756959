import { answers as texts } from 'texts:share';
import { Check, Copy } from 'lucide-react';
import { useId } from 'react';
import type { SharedAnswerFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { formatSeconds } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Answer } from '../answer/answer.tsx';
import { AnswerBoundary } from '../answer/answer-boundary.tsx';
import { Citations } from '../answer/citations.tsx';
import { SharedImage } from './shared-files.tsx';

/** An answer of a share, as the arena shows one, without anything to do but to copy it. */
export function SharedAnswer({ answer }: { answer: SharedAnswerFieldsFragment }) {
  const id = useId();
  const text = textOf(answer);
  return (
    <article
      aria-labelledby={id}
      data-status={answer.status}
      className="flex min-w-0 flex-col rounded-lg border bg-card"
    >
      <header className="sticky top-0 z-10 flex h-10 items-center gap-2 rounded-t-lg border-b bg-card px-4">
        <Name id={id} answer={answer} />
      </header>
      <div className="flex min-w-0 flex-1 flex-col gap-3 px-4 py-3">
        {answer.stoodIn && answer.model ? (
          <p className="text-sm text-warning">
            <span aria-hidden="true">⚠ </span>
            {sentence(texts.stoodIn, {
              model: <bdi>{answer.model.name}</bdi>,
              other: <bdi>{answer.stoodIn.name}</bdi>,
            })}
          </p>
        ) : null}
        {answer.merged ? <p className="text-sm text-muted-foreground">{texts.merged}</p> : null}
        {answer.parts.map((part, index) =>
          part.image ? (
            <SharedImage key={part.image.url} file={part.image} />
          ) : (
            <Answer
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a share never change their places
              key={index}
              text={part.text ?? ''}
              writing={false}
              citations={answer.citations}
            />
          ),
        )}
        {answer.refusal ? <p className="text-sm whitespace-pre-wrap text-warning">{answer.refusal}</p> : null}
        {text !== '' && answer.citations.length > 0 ? (
          <AnswerBoundary fallback={<p className="text-sm text-muted-foreground">{texts.sourcesBroken}</p>}>
            <Citations citations={answer.citations} />
          </AnswerBoundary>
        ) : null}
        <Ending answer={answer} />
      </div>
      <footer className="flex min-h-10 items-center gap-3 border-t border-transparent px-4 pb-1 text-sm text-muted-foreground">
        <Figures figures={answer.figures} />
        {text === '' ? null : <CopyButton text={text} />}
      </footer>
    </article>
  );
}

function textOf({ parts }: SharedAnswerFieldsFragment): string {
  return parts.map(({ text }) => text ?? '').join('');
}

/** What the answer is called: by its model or, until that is told, by a letter. */
export function nameOf({ letter, model }: Pick<SharedAnswerFieldsFragment, 'letter' | 'model'>): string {
  return model?.name ?? texts.answerOf({ letter: letter ?? '' });
}

function Name({ id, answer }: { id: string; answer: SharedAnswerFieldsFragment }) {
  const { letter, model } = answer;
  return (
    <>
      {letter === null ? null : (
        <span
          aria-hidden="true"
          className="grid size-5 shrink-0 place-items-center rounded-sm bg-primary-soft text-xs font-semibold text-primary"
        >
          {letter}
        </span>
      )}
      {model ? <ProviderMark providerId={model.providerId} /> : null}
      <h3 id={id} className="truncate text-sm font-semibold">
        {model && letter !== null ? <span className="sr-only">{letter}: </span> : null}
        {nameOf(answer)}
      </h3>
      {model ? <span className="ms-auto truncate text-sm text-muted-foreground">{model.providerName}</span> : null}
    </>
  );
}

/** Says that an answer did not end well; why is its member's business. */
function Ending({ answer }: { answer: SharedAnswerFieldsFragment }) {
  const words = endings[answer.status];
  if (words) return <p className="text-sm text-muted-foreground">{words}</p>;
  return answer.parts.length === 0 && !answer.refusal ? (
    <p className="text-sm text-muted-foreground">{texts.empty}</p>
  ) : null;
}

const endings: Partial<Record<SharedAnswerFieldsFragment['status'], string>> = {
  FAILED: texts.failed,
  STOPPED: texts.stopped,
  INTERRUPTED: texts.interrupted,
};

function Figures({ figures }: Pick<SharedAnswerFieldsFragment, 'figures'>) {
  if (!figures) return null;
  const words = [
    figures.durationMs === null ? null : formatSeconds(figures.durationMs),
    figures.outputTokens === null ? null : texts.tokens({ tokens: figures.outputTokens }),
    figures.credits === null ? null : texts.credits({ credits: figures.credits }),
  ].filter((word) => word !== null);
  return <p className="figures">{words.join(' · ')}</p>;
}

function CopyButton({ text }: { text: string }) {
  const [copied, copy] = useCopy();
  return (
    <Button
      variant="ghost"
      size="icon"
      className="-me-2 ms-auto print:hidden"
      aria-label={copied ? texts.copied : texts.copyAnswer}
      onClick={() => copy(text)}
    >
      {copied ? <Check /> : <Copy />}
    </Button>
  );
}
