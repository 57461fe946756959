import { models as texts } from 'texts:chat';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { sentence } from '../../../languages/sentence.tsx';
import { Button } from '../../../ui/button.tsx';
import { type SentTurn, sentWords } from './sent-words.ts';

interface ContinuationProps {
  modelName: string;
  /** The earlier prompts as the model is sent them; null while that is not known. */
  history: readonly SentTurn[] | null;
  /** The name of the model that wrote a response; null if it is not on this page. */
  authorOf: (responseId: string) => string | null;
  onUndo: () => void;
}

const named = { b: (model: ReactNode) => <bdi className="font-medium">{model}</bdi> };

/** Says that the conversation continues with one model, and what that model is sent. */
export function Continuation({ modelName, history, authorOf, onUndo }: ContinuationProps) {
  return (
    <div className="flex items-center gap-2 rounded-lg border bg-primary-soft py-1 pe-1 ps-4 text-sm">
      <p role="status" className="min-w-0 flex-1">
        {history === null
          ? sentence(texts.continuesWith, { model: modelName }, named)
          : sentence(
              texts.continuesWithSent,
              { model: modelName, history: sentWords(history, modelName, authorOf) },
              named,
            )}
      </p>
      <Button
        variant="ghost"
        size="icon"
        className="max-md:size-[44px]"
        aria-label={texts.doNotContinue({ model: modelName })}
        onClick={onUndo}
      >
        <X />
      </Button>
    </div>
  );
}
