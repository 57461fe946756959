import { calls as texts } from 'texts:tools';
import { ChevronRight } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../../../frame/announcer.tsx';
import { useKeysOf } from '../../../frame/shortcuts/use-shortcut.ts';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { sentence } from '../../../languages/sentence.tsx';
import { classes } from '../../../ui/classes.ts';
import { formatCount, formatSeconds } from '../../../ui/figures.ts';
import { type KnownTool, useKnownTools } from '../../composer/tools/known-tools.ts';
import { nameOf } from '../../following/hidden.ts';
import { isLive } from '../../following/response-stream.ts';
import { isCallEnded, type ToolCall } from '../drawn-parts.ts';
import { useAlignedStep } from './aligned-steps.ts';
import { ApprovalCard } from './approval-card.tsx';
import { BoundedText } from './bounded-text.tsx';
import { callSigns, readableArguments } from './call-words.ts';
import { argumentsOf, useCallTexts } from './use-call-texts.ts';

export interface CallViewProps {
  call: ToolCall;
  /** Its place among the calls of the answer, from 1. */
  number: number;
  response: Pick<ResponseFieldsFragment, 'id' | 'model' | 'status'>;
}

/** A call of a tool in its lane, folded; and the question to the member, if it waits for one. */
export default function CallView({ call, number, response }: CallViewProps) {
  const known = useKnownTools();
  const tool = known?.tools.find(({ id }) => id === call.toolId) ?? null;
  const name = tool?.name ?? call.name;
  const [open, setOpen] = useState(false);
  const step = useRef<HTMLDivElement>(null);
  const summary = useRef<HTMLElement>(null);
  // An answer that was ended while it waited waits no more.
  const waits = call.status === 'WAITING_FOR_APPROVAL' && isLive(response.status);
  const loaded = useCallTexts(response.id, call, { wanted: open || waits });
  // Until it is known what members call the tool, nothing is said.
  useAnnounced({ call, number, response, name: known === undefined ? null : name });
  useAlignedStep(step);
  return (
    <div ref={step} className="call flex flex-col gap-2" data-call={call.status}>
      <details
        className="group text-sm text-muted-foreground"
        open={open}
        onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      >
        <summary ref={summary} className="flex w-fit max-w-full items-center gap-1.5 rounded-sm hover:text-foreground">
          <ChevronRight
            className="size-4 shrink-0 transition-transform group-open:rotate-90 rtl:-scale-x-100 rtl:group-open:-rotate-90"
            aria-hidden="true"
          />
          <Summary {...{ call, number, name }} />
        </summary>
        <div className="mt-2 flex flex-col gap-3 border-s-2 ps-4">
          <Opened {...{ call, name, tool, loaded }} />
        </div>
      </details>
      {call.status === 'UNCERTAIN' ? (
        <p className="rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
          {sentence(texts.uncertainMeaning, { tool: <bdi>{name}</bdi> })}
        </p>
      ) : null}
      {waits ? (
        <ApprovalCard
          responseId={response.id}
          {...{ call, tool }}
          json={loaded.arguments}
          onAnswered={() => summary.current?.focus()}
        />
      ) : null}
    </div>
  );
}

function Summary({ call, number, name }: { call: ToolCall; number: number; name: string }) {
  const { Icon, word, tone } = callSigns[call.status];
  const { durationMs, creditsCharged } = call;
  return (
    <span className="figures flex min-w-0 flex-wrap items-center gap-x-2">
      <span>{texts.step({ number })}</span>
      <bdi className="font-medium wrap-anywhere text-foreground">{name}</bdi>
      <span className={classes('flex items-center gap-1', tone)}>
        <Icon
          className={classes(
            'size-3.5 shrink-0',
            call.status === 'RUNNING' && 'animate-spin motion-reduce:animate-none',
          )}
          aria-hidden="true"
        />
        {word}
      </span>
      {durationMs === null ? null : <span>{formatSeconds(durationMs)}</span>}
      {creditsCharged ? <span>{texts.credits({ credits: formatCount(creditsCharged) })}</span> : null}
    </span>
  );
}

function Opened({
  call,
  name,
  tool,
  loaded,
}: {
  call: ToolCall;
  name: string;
  tool: KnownTool | null;
  loaded: ReturnType<typeof useCallTexts>;
}) {
  const { arguments: json, result, images, failed } = loaded;
  return (
    <>
      {tool && tool.name !== call.name ? (
        <p className="text-xs">{sentence(texts.calledBy, { name: <code>{call.name}</code> })}</p>
      ) : null}
      {failed ? <p role="alert">{texts.notLoaded}</p> : null}
      {json === null ? null : <BoundedText label={texts.arguments} text={readableArguments(json)} />}
      {result === null || (result === '' && images.length > 0) ? null : (
        <BoundedText label={texts.result} text={result} />
      )}
      {images.map((url, at) => (
        <ResultImage key={url} url={url} alt={texts.image({ tool: name, number: at + 1, count: images.length })} />
      ))}
    </>
  );
}

/** An image that the tool gave, from this server; pressed, it opens in a tab of its own. */
function ResultImage({ url, alt }: { url: string; alt: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p className="text-xs">{texts.imageNotShown}</p>;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="block w-fit max-w-full overflow-hidden rounded-md border bg-muted"
    >
      <img src={url} alt={alt} loading="lazy" onError={() => setBroken(true)} className="max-h-96 max-w-full" />
    </a>
  );
}

/** Tells those who listen of each step once: that it waits for them, and how it ended. What was over when the page came is not told. */
function useAnnounced({ call, number, response, name }: CallViewProps & { name: string | null }): void {
  const announce = useAnnounce();
  const keys = useKeysOf('waitingCall');
  const { status } = call;
  // The last call and its answer may end in one frame.
  const cameInTime = useRef(isLive(response.status)).current;
  const told = useRef(argumentsOf(call) === null && isCallEnded(call) ? status : null);
  useEffect(() => {
    if (told.current === status || !cameInTime || name === null) return;
    const step = { model: nameOf(response.model), number, tool: name };
    if (status === 'WAITING_FOR_APPROVAL') announce(texts.tellWaits({ ...step, keys }));
    else if (isCallEnded(call)) announce(texts.tellEnded({ ...step, state: callSigns[status].word }));
    else return;
    told.current = status;
  });
}
