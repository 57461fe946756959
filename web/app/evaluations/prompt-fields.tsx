import { sets as texts } from 'texts:evaluations';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { FileFieldsFragment, SetPromptInput } from '../graphql/generated/graphql.ts';
import { tagged } from '../languages/sentence.tsx';
import { Input, Textarea } from '../ui/input.tsx';

/** A prompt of a set as it is typed. */
export interface TypedPrompt {
  prompt: string;
  reference: string;
  topic: string;
}

export const noPrompt: TypedPrompt = { prompt: '', reference: '', topic: '' };

export function fieldsOf({ prompt, reference, topic }: Omit<SetPromptInput, 'fileIds'>): TypedPrompt {
  return { prompt, reference: reference ?? '', topic: topic ?? '' };
}

export function toPrompt(
  { prompt, reference, topic }: TypedPrompt,
  files: readonly Pick<FileFieldsFragment, 'id'>[],
): SetPromptInput {
  const fileIds = files.map(({ id }) => id);
  return { prompt, reference: reference.trim() === '' ? null : reference, topic: topic.trim() || null, fileIds };
}

const note = (text: ReactNode) => <span className="font-normal text-muted-foreground">{text}</span>;

interface PromptFieldsProps {
  fields: TypedPrompt;
  onFields: (fields: TypedPrompt) => void;
  /** Whether the keyboard begins in the first of them. */
  focused?: boolean;
}

/** The fields of one prompt: its text, the answer that is hoped for, and its topic. */
export function PromptFields({ fields, onFields, focused = false }: PromptFieldsProps) {
  const [promptId, referenceId, topicId] = [useId(), useId(), useId()];
  const first = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (focused) first.current?.focus();
  }, [focused]);
  return (
    <>
      <div className="flex flex-col gap-1">
        <label htmlFor={promptId} className="text-sm font-medium">
          {texts.prompt}
        </label>
        <Textarea
          ref={first}
          id={promptId}
          rows={3}
          className="text-sm"
          value={fields.prompt}
          onChange={({ target }) => onFields({ ...fields, prompt: target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <label htmlFor={referenceId} className="text-sm font-medium">
          {tagged(texts.hopedForField, { note })}
        </label>
        <Textarea
          id={referenceId}
          rows={2}
          className="text-sm"
          value={fields.reference}
          onChange={({ target }) => onFields({ ...fields, reference: target.value })}
        />
      </div>
      <div className="flex flex-col gap-1">
        <label htmlFor={topicId} className="text-sm font-medium">
          {tagged(texts.topicField, { note })}
        </label>
        <Input
          id={topicId}
          maxLength={80}
          className="text-sm"
          value={fields.topic}
          onChange={({ target }) => onFields({ ...fields, topic: target.value })}
        />
      </div>
    </>
  );
}
