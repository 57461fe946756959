import { arena as texts } from 'texts:chat';
import { sentence } from '../../languages/sentence.tsx';
import { Answer } from '../answer/answer.tsx';
import { AnswerBoundary } from '../answer/answer-boundary.tsx';
import { Citations } from '../answer/citations.tsx';
import { MadeImage } from '../files/made-image.tsx';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';
import { ToolCall } from './calls/tool-call.tsx';
import { type DrawnPart, drawnParts, isCallEnded } from './drawn-parts.ts';
import { Reasoning } from './reasoning.tsx';

/** Shows an answer's parts in their order, then its sources. */
export function AnswerParts({ state }: { state: StreamedResponse }) {
  const { response } = state;
  const live = isLive(response.status);
  const parts = drawnParts(response);
  const last = parts.at(-1);
  const calling = last?.kind === 'toolCall' && !isCallEnded(last.call);
  const firstReasoning = parts.find(({ kind }) => kind === 'reasoning')?.index;
  return (
    <>
      {parts.map((part) => (
        <Part
          key={`${response.id} ${part.index}`}
          part={part}
          writing={live && part === last}
          state={state}
          summary={part.index === firstReasoning}
        />
      ))}
      {response.text && response.citations.length > 0 ? (
        <AnswerBoundary fallback={<p className="text-sm text-muted-foreground">{texts.sourcesBroken}</p>}>
          <Citations citations={response.citations} />
        </AnswerBoundary>
      ) : null}
      {live && !response.text && !calling ? <Coming /> : null}
    </>
  );
}

interface PartProps {
  part: DrawnPart;
  /** Whether the part may still grow. */
  writing: boolean;
  state: StreamedResponse;
  /** Whether this part shows the figures of all reasoning together. */
  summary: boolean;
}

function Part({ part, writing, state, summary }: PartProps) {
  if (part.kind === 'other') return <OtherPart name={part.name} />;
  if (part.kind === 'image') return <MadeImage file={part.file} />;
  if (part.kind === 'toolCall') return <ToolCall call={part.call} number={part.number} response={state.response} />;
  if (part.kind === 'text') return <Answer text={part.text} writing={writing} citations={state.response.citations} />;
  return (
    <AnswerBoundary fallback={<p className="text-sm text-muted-foreground">{texts.reasoningBroken}</p>}>
      <Reasoning text={part.text} thinking={writing} state={summary ? state : null} />
    </AnswerBoundary>
  );
}

/** A box with the name of a part that this version cannot draw. */
function OtherPart({ name }: { name: string }) {
  return (
    <p className="rounded-md border border-dashed px-3 py-2 text-sm text-muted-foreground">
      {sentence(
        texts.unknownPart,
        { name },
        { part: (name) => <span className="font-medium text-foreground">{name}</span> },
      )}
    </p>
  );
}

/** The shape of the first lines, so that nothing moves when they arrive. */
function Coming() {
  return (
    <div className="flex animate-breathe flex-col gap-3 py-1.5" aria-hidden="true">
      <div className="h-3 w-11/12 rounded-full bg-muted" />
      <div className="h-3 w-4/5 rounded-full bg-muted" />
      <div className="h-3 w-3/5 rounded-full bg-muted" />
    </div>
  );
}
