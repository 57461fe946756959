import { sets as texts } from 'texts:evaluations';
import { useSearchParams } from '@remix-run/react';
import { Pencil, X } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import {
  AddPromptsToSetDocument,
  ChangeSetPromptDocument,
  RemovePromptsFromSetDocument,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Pages } from '../ui/pages.tsx';
import { Question } from '../ui/question.tsx';
import { useToast } from '../ui/toast.tsx';
import { useFileParts } from './file-parts.ts';
import { fieldsOf, PromptFields, toPrompt } from './prompt-fields.tsx';
import { Refusal } from './refusal.tsx';
import type { ShownSet } from './shown-set.ts';
import { type Action, useAction } from './use-action.ts';

type SetPrompt = ShownSet['prompts'][number];

interface SetPromptsProps {
  set: ShownSet;
  /** The position behind which the next prompts stand; null: there are none. */
  nextAfter: number | null;
}

/** A page of the set's prompts, which the address tells. Their owner changes and removes them. */
export function SetPrompts({ set, nextAfter }: SetPromptsProps) {
  const [search] = useSearchParams();
  const action = useAction();
  const isFirst = !search.has('after');
  if (set.promptCount === 0) return <p className="text-sm text-muted-foreground">{texts.noPrompts}</p>;
  return (
    <div className="flex flex-col gap-2">
      {set.prompts.length > 0 ? (
        <ol
          aria-label={texts.promptsOfSet}
          className={classes(
            'divide-y rounded-lg border bg-card text-sm',
            set.own && 'max-h-96 overflow-y-auto has-[form]:max-h-none',
          )}
        >
          {set.prompts.map((prompt) =>
            set.own ? (
              <OwnPrompt key={prompt.id} setId={set.id} prompt={prompt} action={action} />
            ) : (
              <li key={prompt.id} className="px-3 py-2">
                <PromptText prompt={prompt} own={false} />
              </li>
            ),
          )}
        </ol>
      ) : null}
      <Refusal text={action.refusal} />
      {isFirst && nextAfter === null ? null : (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="figures text-sm text-muted-foreground">
            {(isFirst ? texts.firstShown : texts.someShown)({ shown: set.prompts.length, all: set.promptCount })}
          </p>
          <Pages
            label={texts.pagesOfPrompts}
            pageInfo={{ hasNextPage: nextAfter !== null, endCursor: nextAfter === null ? null : String(nextAfter) }}
            first={texts.first}
            next={texts.next}
          />
        </div>
      )}
    </div>
  );
}

function PromptText({ prompt: { prompt, reference, topic, files }, own }: { prompt: SetPrompt; own: boolean }) {
  const { FileTiles } = useFileParts();
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-1">
      <p className="line-clamp-2 wrap-anywhere">{prompt}</p>
      {reference || topic ? (
        <p className="line-clamp-1 text-xs text-muted-foreground">
          {[topic, reference && texts.hopedForText({ text: reference })].filter(Boolean).join(' · ')}
        </p>
      ) : null}
      {files.length > 0 ? (
        <div className="py-1">
          <FileTiles files={files} own={own} />
        </div>
      ) : null}
    </div>
  );
}

interface OwnPromptProps {
  setId: string;
  prompt: SetPrompt;
  action: Action;
}

function OwnPrompt({ setId, prompt, action }: OwnPromptProps) {
  const [isChanging, setChanging] = useState(false);
  const toast = useToast();
  const pencil = useRef<HTMLButtonElement>(null);
  const name = prompt.prompt.slice(0, 40);
  const { files } = prompt;

  /** Files that nothing has any more are gone soon: a prompt that had some cannot be put back. */
  async function remove(): Promise<void> {
    if (!(await action.act(RemovePromptsFromSetDocument, { id: setId, promptIds: [prompt.id] }))) return;
    if (files.length > 0) return;
    const input = { prompts: [toPrompt(fieldsOf(prompt), files)] };
    const undo = () => void action.act(AddPromptsToSetDocument, { id: setId, input });
    toast({ text: texts.promptRemoved, action: { label: texts.putAtEnd, run: undo } });
  }

  function close(): void {
    flushSync(() => setChanging(false));
    pencil.current?.focus();
  }

  if (isChanging) return <ChangeForm setId={setId} prompt={prompt} onDone={close} />;
  return (
    <li className="flex items-start gap-1 py-2 ps-3 pe-1.5">
      <PromptText prompt={prompt} own />
      <Button
        ref={pencil}
        variant="ghost"
        size="icon"
        aria-label={texts.change({ prompt: name })}
        disabled={action.busy}
        onClick={() => setChanging(true)}
      >
        <Pencil />
      </Button>
      <Question
        title={texts.removeQuestion}
        text={texts.removeMeans({ files: files.length })}
        yes={texts.remove}
        onYes={() => void remove()}
      >
        {(ask) => (
          <Button
            variant="ghost"
            size="icon"
            aria-label={texts.removePrompt({ prompt: name })}
            disabled={action.busy}
            onClick={() => (files.length > 0 ? ask() : void remove())}
          >
            <X />
          </Button>
        )}
      </Question>
    </li>
  );
}

interface ChangeFormProps {
  setId: string;
  prompt: SetPrompt;
  onDone: () => void;
}

function ChangeForm({ setId, prompt, onDone }: ChangeFormProps) {
  const action = useAction();
  const { useFormFiles } = useFileParts();
  const { files, isWhole, around } = useFormFiles(prompt.files);
  const [fields, setFields] = useState(() => fieldsOf(prompt));
  const noteId = useId();

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    const variables = { setId, id: prompt.id, input: toPrompt(fields, files) };
    if (await action.act(ChangeSetPromptDocument, variables)) onDone();
  }

  return (
    <li className="p-3">
      <form
        aria-label={texts.changePrompt}
        aria-describedby={noteId}
        className="flex flex-col gap-3"
        onSubmit={(event) => void save(event)}
        onKeyDown={({ key, nativeEvent, currentTarget, target }) => {
          // A file that is open is ended by its own dialog, which is not within the form.
          const isWithin = currentTarget.contains(target as Node);
          if (key === 'Escape' && !nativeEvent.isComposing && isWithin) onDone();
        }}
      >
        {around(<PromptFields fields={fields} onFields={setFields} focused />)}
        <p id={noteId} className="text-xs text-muted-foreground">
          {texts.begunKeep}
        </p>
        <Refusal text={action.refusal} />
        <div className="flex flex-wrap gap-2">
          <Button
            type="submit"
            variant="primary"
            size="small"
            disabled={action.busy || !isWhole || fields.prompt.trim() === ''}
          >
            {texts.save}
          </Button>
          <Button size="small" onClick={onDone}>
            {texts.cancel}
          </Button>
        </div>
      </form>
    </li>
  );
}
