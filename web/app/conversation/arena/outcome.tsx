import { Play, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCreditFigures, Worth } from '../../frame/credit-figures.tsx';
import type { FailureCode, FinishReason, ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatCount, formatSeconds, plural, tokenRate } from '../../ui/figures.ts';
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
    <Button size="small" className="mt-2 mr-2 text-foreground" onClick={() => goOn(response.id)}>
      <Play />
      Continue
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
      <Notice sign="⚠" tone="warning" title="This answer is not complete">
        Why is told with the models.
        <br />
        {again('Ask again')}
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
          {again(response.failure?.retryable === false ? 'Ask again anyway' : 'Try again')}
        </Notice>
      );
    case 'INTERRUPTED':
      return (
        <Notice sign="‖" tone="warning" title="Interrupted">
          The server stopped while this answer was being written. {response.text ? 'The text so far is kept.' : ''}{' '}
          {costLine(response)}
          <br />
          {onward}
          {again('Ask again')}
        </Notice>
      );
    case 'STOPPED':
      return (
        <div className="text-sm text-muted-foreground">
          <p>
            <span aria-hidden="true">■ </span>Stopped by you.{' '}
            {response.text || isStandIn(response.model) ? '' : costLine(response)}
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
      return response.text ? null : <p className="text-sm text-muted-foreground">The answer is empty.</p>;
    }
  }
}

const failureTitles: Record<FailureCode, string> = {
  AUTHENTICATION: 'The provider refused the server’s key',
  RATE_LIMITED: 'The provider’s rate limit is reached',
  QUOTA_EXCEEDED: 'The provider’s quota is used up',
  OVERLOADED: 'The provider is overloaded',
  MODEL_NOT_FOUND: 'The provider does not know this model',
  INVALID_REQUEST: 'The provider refused the request',
  CONTEXT_TOO_LONG: 'The conversation is too long for this model',
  CONTENT_FILTERED: 'The provider’s content filter refused this',
  TIMEOUT: 'The provider fell silent',
  CONNECTION: 'The connection to the provider broke',
  PROVIDER_ERROR: 'The provider had an error',
  FILE_UNAVAILABLE: 'A file could not be read',
  SOURCES_MISSING: 'There was nothing to merge',
  INSUFFICIENT_CREDITS: 'The credits were used up before it began',
  INTERNAL: 'Something went wrong on this server',
};

const finishRemarks: Partial<Record<FinishReason, string>> = {
  LENGTH: 'Cut off at its length limit.',
  CONTENT_FILTER: 'Cut off by the provider’s content filter.',
  REFUSAL: 'The model declined.',
  OTHER: 'The provider did not say why the answer ended. It may be incomplete.',
};

function remarkOn({ finishReason, shortenedBy }: ResponseFieldsFragment): string | undefined {
  if (shortenedBy === 'CREDITS') return 'Cut short: no credits were left for more of this answer.';
  return finishReason ? finishRemarks[finishReason] : undefined;
}

function costLine({ creditsCharged, text }: ResponseFieldsFragment): string {
  if (!creditsCharged) return 'Nothing was charged.';
  return `${formatCount(creditsCharged)} cr were charged for ${text ? 'what was written' : 'what was read'}.`;
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
  const about = isEstimated ? '≈ ' : '';
  const { sign, word, tone } = statusSigns[response.status];
  const secret = isStandIn(response.model);
  return (
    <dl className="figures flex flex-wrap gap-x-4 px-2 pt-2 text-sm text-muted-foreground">
      {/* The lane's head has told it to those who listen. */}
      <div title="State" aria-hidden="true">
        <dt className="sr-only">State</dt>
        <dd className={response.status === 'COMPLETED' ? undefined : tone}>
          {sign} {response.status === 'COMPLETED' ? null : word}
        </dd>
      </div>
      {secret || firstTokenMs === null ? null : <Figure name="First word after">{formatSeconds(firstTokenMs)}</Figure>}
      {secret || rate === null ? null : (
        <Figure name="Speed">
          <Unit figure={formatCount(rate)} unit="tok/s" word="tokens a second" />
        </Figure>
      )}
      {usage && response.text && !secret ? (
        <Figure name="Length" title={tokenDetail(usage)}>
          {about}
          <Unit figure={formatCount(usage.outputTokens + tokensBefore)} unit="tok" word="tokens" />
        </Figure>
      ) : null}
      {secret || creditsCharged === null || (creditsCharged === 0 && !response.text) ? null : (
        <Figure name="Charged">
          <Charged response={response} before={before} credits={creditsCharged + creditsBefore} />
        </Figure>
      )}
    </dl>
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
          aria-label={`${formatCount(credits)} credits were charged: the receipt`}
          className="relative rounded-sm underline decoration-dotted underline-offset-3 after:absolute after:-inset-3 hover:text-foreground data-[state=open]:text-foreground md:after:hidden"
        >
          {formatCount(credits)} cr
          <Worth credits={credits} />
        </button>
      </PopoverTrigger>
      <PopoverContent
        side="top"
        align="end"
        className="max-h-[min(32rem,70dvh)] w-120 overflow-y-auto p-4 text-sm"
        aria-label={`Receipt of ${response.model.name}`}
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
  const words = firstTokenMs === null ? '' : `The first word came after ${formatSeconds(firstTokenMs)}. `;
  return (
    <p className="figures mb-3 text-muted-foreground">
      {words}It took {formatSeconds(durationMs)} in all: {tokenDetail(usage)}.
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
  const parts = [
    `${plural(usage.inputTokens, 'token')} read${usage.cachedInputTokens ? `, ${formatCount(usage.cachedInputTokens)} of them cached` : ''}`,
    `${formatCount(usage.outputTokens)} written${usage.reasoningTokens ? `, ${formatCount(usage.reasoningTokens)} of them thinking` : ''}`,
  ];
  return parts.join('; ') + (usage.estimated ? '; counted by this server, since the provider did not say' : '');
}
