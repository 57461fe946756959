import { outcomes as texts } from 'texts:chat';
import { Play, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCreditFigures, Worth } from '../../frame/credit-figures.tsx';
import type { FailureCode, FinishReason, ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatSeconds, tokenRate } from '../../ui/figures.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../../ui/popover.tsx';
import { isStandIn } from '../following/hidden.ts';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';
import { useTurnActions } from '../turns/actions.ts';
import { statusSigns } from './status-signs.ts';
import { Unit } from './unit.tsx';

/** Says how an answer ended if it did not end well: what happened, what it cost, and what the member can do. */
export function Outcome({ state: { response } }: { state: StreamedResponse }) {
  const { regenerate, goOn } = useTurnActions();
  if (isLive(response.status)) return null;
  const onward = response.text.trim() ? (
    <Button size="small" className="mt-2 me-2 text-foreground" onClick={() => goOn(response.id)}>
      <Play />
      {texts.continue}
    </Button>
  ) : null;
  const again = (label: string) => (
    <Button size="small" className="mt-2" onClick={() => regenerate(response.id)}>
      <RotateCw />
      {label}
    </Button>
  );
  // How an answer ended may tell its model.
  if (isStandIn(response.model) && response.status !== 'STOPPED') {
    if (response.status === 'COMPLETED') return null;
    return (
      <Notice sign="⚠" tone="warning" title={texts.incomplete}>
        {texts.whyLater}
        <br />
        {again(texts.askAgain)}
      </Notice>
    );
  }
  switch (response.status) {
    case 'FAILED':
      return (
        <Notice sign="⚠" tone="destructive" title={failureTitles[response.failure?.code ?? 'INTERNAL']}>
          {response.failure?.message} {costLine(response)}
          <br />
          {onward}
          {again(response.failure?.retryable === false ? texts.askAnyway : texts.tryAgain)}
        </Notice>
      );
    case 'INTERRUPTED':
      return (
        <Notice sign="‖" tone="warning" title={texts.interrupted}>
          {texts.serverStopped} {response.text ? texts.textKept : ''} {costLine(response)}
          <br />
          {onward}
          {again(texts.askAgain)}
        </Notice>
      );
    case 'STOPPED':
      return (
        <div className="text-sm text-muted-foreground">
          <p>
            <span aria-hidden="true">■ </span>
            {texts.stoppedByYou} {response.text || isStandIn(response.model) ? '' : costLine(response)}
          </p>
          {onward}
        </div>
      );
    default: {
      const remark = remarkOn(response);
      if (remark) {
        return (
          <div className="text-sm text-warning">
            <p>
              <span aria-hidden="true">⚠ </span>
              {remark}
            </p>
            {response.refusal ? <p className="whitespace-pre-wrap text-foreground">{response.refusal}</p> : null}
            {response.finishReason === 'LENGTH' ? onward : null}
          </div>
        );
      }
      return response.text ? null : <p className="text-sm text-muted-foreground">{texts.empty}</p>;
    }
  }
}

const failureTitles: Record<FailureCode, string> = {
  AUTHENTICATION: texts.authentication,
  RATE_LIMITED: texts.rateLimited,
  QUOTA_EXCEEDED: texts.quotaExceeded,
  OVERLOADED: texts.overloaded,
  MODEL_NOT_FOUND: texts.modelNotFound,
  INVALID_REQUEST: texts.invalidRequest,
  CONTEXT_TOO_LONG: texts.contextTooLong,
  CONTENT_FILTERED: texts.contentFiltered,
  TIMEOUT: texts.timeout,
  CONNECTION: texts.connection,
  PROVIDER_ERROR: texts.providerError,
  FILE_UNAVAILABLE: texts.fileUnavailable,
  SOURCES_MISSING: texts.sourcesMissing,
  INSUFFICIENT_CREDITS: texts.insufficientCredits,
  INTERNAL: texts.internal,
};

const finishRemarks: Partial<Record<FinishReason, string>> = {
  LENGTH: texts.cutAtLength,
  CONTENT_FILTER: texts.cutByFilter,
  REFUSAL: texts.declined,
  OTHER: texts.endedOtherwise,
};

const shortenings: Record<NonNullable<ResponseFieldsFragment['shortenedBy']>, string> = {
  CREDITS: texts.cutByCredits,
  STEPS: texts.cutBySteps,
  MINUTES: texts.cutByMinutes,
};

function remarkOn({ finishReason, shortenedBy }: ResponseFieldsFragment): string | undefined {
  if (shortenedBy !== null) return shortenings[shortenedBy];
  return finishReason ? finishRemarks[finishReason] : undefined;
}

function costLine({ creditsCharged, text }: ResponseFieldsFragment): string {
  if (!creditsCharged) return texts.nothingCharged;
  return (text ? texts.chargedForWritten : texts.chargedForRead)({ credits: creditsCharged });
}

function Notice({
  sign,
  tone,
  title,
  children,
}: {
  sign: string;
  tone: 'destructive' | 'warning';
  title: string;
  children: ReactNode;
}) {
  return (
    <div
      className={classes(
        'rounded-md px-3 py-2 text-sm',
        tone === 'destructive' ? 'bg-destructive-soft' : 'bg-warning-soft',
      )}
    >
      <p className={classes('font-medium', tone === 'destructive' ? 'text-destructive' : 'text-warning')}>
        <span aria-hidden="true">{sign} </span>
        {title}
      </p>
      <div className="text-foreground">{children}</div>
    </div>
  );
}

interface FiguresProps {
  response: ResponseFieldsFragment;
  /** The responses that this one continues, which were written and charged before it. */
  before: readonly ResponseFieldsFragment[];
}

/** The figures of a response, such as ✓ 0.4 s 58 tok/s 412 tok 3,310 cr. */
export function Figures({ response, before }: FiguresProps) {
  const { usage, firstTokenMs, durationMs, creditsCharged } = response;
  const rate = usage && durationMs ? tokenRate(usage.outputTokens, durationMs - (firstTokenMs ?? 0)) : null;
  const tokensBefore = before.reduce((sum, { usage }) => sum + (usage?.outputTokens ?? 0), 0);
  const creditsBefore = before.reduce((sum, { creditsCharged }) => sum + (creditsCharged ?? 0), 0);
  const isEstimated = [response, ...before].some(({ usage }) => usage?.estimated);
  const { sign, word, tone } = statusSigns[response.status];
  const secret = isStandIn(response.model);
  return (
    <dl className="figures flex flex-wrap gap-x-4 px-2 pt-2 text-sm text-muted-foreground">
      {/* The lane's head has told it to those who listen. */}
      <div title={texts.state} aria-hidden="true">
        <dt className="sr-only">{texts.state}</dt>
        <dd className={response.status === 'COMPLETED' ? undefined : tone}>
          {sign} {response.status === 'COMPLETED' ? null : word}
        </dd>
      </div>
      {secret || firstTokenMs === null ? null : <Figure name={texts.firstWord}>{formatSeconds(firstTokenMs)}</Figure>}
      {secret || rate === null ? null : (
        <Figure name={texts.speed}>
          <Unit short={texts.tokensPerSecond({ tokens: rate })} long={texts.tokensPerSecondSaid({ tokens: rate })} />
        </Figure>
      )}
      {usage && response.text && !secret ? (
        <Figure name={texts.length} title={tokenDetail(usage)}>
          <Length tokens={usage.outputTokens + tokensBefore} isEstimated={isEstimated} />
        </Figure>
      ) : null}
      {secret || creditsCharged === null || (creditsCharged === 0 && !response.text) ? null : (
        <Figure name={texts.charged}>
          <Charged response={response} before={before} credits={creditsCharged + creditsBefore} />
        </Figure>
      )}
    </dl>
  );
}

function Length({ tokens, isEstimated }: { tokens: number; isEstimated: boolean }) {
  return isEstimated ? (
    <Unit short={texts.aboutTokens({ tokens })} long={texts.aboutTokensSaid({ tokens })} />
  ) : (
    <Unit short={texts.tokens({ tokens })} long={texts.tokensSaid({ tokens })} />
  );
}

/** What was charged. Its receipt opens beside it, with what the other figures mean. */
function Charged({ response, before, credits }: FiguresProps & { credits: number }) {
  const { receiptsOf } = useCreditFigures();
  return (
    <Popover>
      <PopoverTrigger asChild>
        <button
          type="button"
          aria-label={texts.openReceipt({ credits })}
          data-printed
          className="relative rounded-sm underline decoration-dotted underline-offset-3 after:absolute after:-inset-3 hover:text-foreground data-[state=open]:text-foreground md:after:hidden"
        >
          {texts.credits({ credits })}
          <Worth credits={credits} />
        </button>
      </PopoverTrigger>
      <PopoverContent
        side="top"
        align="end"
        className="max-h-[min(32rem,70dvh)] w-120 overflow-y-auto p-4 text-sm"
        aria-label={texts.receiptOf({ name: response.model.name })}
      >
        <Explained response={response} />
        {receiptsOf([...before, response].map(({ id }) => id))}
      </PopoverContent>
    </Popover>
  );
}

/** The figures of the lane's foot in words, for those who cannot hover. */
function Explained({ response: { usage, firstTokenMs, durationMs } }: Pick<FiguresProps, 'response'>) {
  if (!usage || durationMs === null) return null;
  return (
    <p className="figures mb-3 text-muted-foreground">
      {firstTokenMs === null ? null : `${texts.firstWordAfter({ time: formatSeconds(firstTokenMs) })} `}
      {texts.took({ time: formatSeconds(durationMs), detail: tokenDetail(usage) })}
    </p>
  );
}

function Figure({ name, title = name, children }: { name: string; title?: string | undefined; children: ReactNode }) {
  return (
    <div title={title}>
      <dt className="sr-only">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function tokenDetail(usage: NonNullable<ResponseFieldsFragment['usage']>): string {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  const read = cachedInputTokens
    ? texts.readCached({ tokens: inputTokens, cached: cachedInputTokens })
    : texts.read({ tokens: inputTokens });
  const written = reasoningTokens
    ? texts.writtenThinking({ tokens: outputTokens, thinking: reasoningTokens })
    : texts.written({ tokens: outputTokens });
  return (usage.estimated ? texts.detailCounted : texts.detail)({ read, written });
}
