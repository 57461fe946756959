import { ChevronRight } from 'lucide-react';
import { plural } from '../../ui/figures.ts';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';

/** What the model thought before it answered; closed, because the answer is what was asked for. */
export function Reasoning({ state }: { state: StreamedResponse }) {
  const { response } = state;
  if (!response.reasoning) return null;
  const thinking = isLive(response.status) && !response.text;
  return (
    <details className="group text-sm text-muted-foreground">
      <summary className="flex w-fit items-center gap-1 rounded-sm hover:text-foreground">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden="true" />
        <span className={thinking ? 'caret' : 'figures'}>{thinking ? 'thinking' : thoughtLine(state)}</span>
      </summary>
      <div className="mt-2 max-h-72 overflow-y-auto border-l-2 pl-4 whitespace-pre-wrap wrap-anywhere">
        {response.reasoning}
      </div>
    </details>
  );
}

function thoughtLine({ thought, response }: StreamedResponse): string {
  if (thought?.durationMs != null) return `thought for ${Math.max(1, Math.round(thought.durationMs / 1000))} s`;
  const tokens = response.usage?.reasoningTokens ?? 0;
  return tokens > 0 ? `thought, ${plural(tokens, 'token')}` : 'thought';
}
