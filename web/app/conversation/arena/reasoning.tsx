import { arena as texts } from 'texts:chat';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { isStandIn } from '../following/hidden.ts';
import type { StreamedResponse } from '../following/response-stream.ts';

interface ReasoningProps {
  text: string;
  /** Whether the model is writing this part now. */
  thinking: boolean;
  /** The response whose reasoning time or tokens are shown here; null if another part shows them. */
  state: StreamedResponse | null;
}

/** The model's reasoning. It is closed at first, because the member asked for the answer. */
export function Reasoning({ text, thinking, state }: ReasoningProps) {
  return (
    <details className="group text-sm text-muted-foreground">
      <summary className="flex w-fit items-center gap-1 rounded-sm hover:text-foreground">
        <ChevronRight
          className="size-4 transition-transform group-open:rotate-90 rtl:-scale-x-100 rtl:group-open:-rotate-90"
          aria-hidden="true"
        />
        <span className={thinking ? 'caret' : 'figures'}>{thinking ? texts.thinking : thoughtLine(state)}</span>
      </summary>
      <div className="mt-2 max-h-72 overflow-y-auto border-s-2 ps-4 whitespace-pre-wrap wrap-anywhere">
        {titled(text)}
      </div>
    </details>
  );
}

/** The text with its titles, which are lines in asterisks. Models write them, and agents whose models have several tasks. */
function titled(text: string): ReactNode[] {
  // Every second piece is a title.
  return text.split(/^\*\*([^*\n]+)\*\*$/m).map((piece, at) => {
    if (at % 2 === 0) return piece;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: a piece stays where it is
      <strong key={at} className="font-semibold text-foreground">
        {piece}
      </strong>
    );
  });
}

function thoughtLine(state: StreamedResponse | null): string {
  // How long a secret model thought would tell it.
  if (state && isStandIn(state.response.model)) return texts.thought;
  const durationMs = state?.thought?.durationMs;
  if (durationMs != null) return texts.thoughtFor({ seconds: Math.max(1, Math.round(durationMs / 1000)) });
  const tokens = state?.response.usage?.reasoningTokens ?? 0;
  return tokens > 0 ? texts.thoughtTokens({ tokens }) : texts.thought;
}
