import { X } from 'lucide-react';
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

/** Says that the conversation continues with one model, and what that model is sent. */
export function Continuation({ modelName, history, authorOf, onUndo }: ContinuationProps) {
  return (
    <div className="flex items-center gap-2 rounded-lg border bg-primary-soft py-1 pr-1 pl-4 text-sm">
      <p role="status" className="min-w-0 flex-1">
        Continues with <span className="font-medium">{modelName}</span> only
        {history === null ? '.' : `; it is sent ${sentWords(history, modelName, authorOf)}.`}
      </p>
      <Button
        variant="ghost"
        size="icon"
        className="max-md:size-[44px]"
        aria-label={`Do not continue with ${modelName} only`}
        onClick={onUndo}
      >
        <X />
      </Button>
    </div>
  );
}
