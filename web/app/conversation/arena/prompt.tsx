import { arena as texts } from 'texts:chat';
import { Check, ChevronLeft, ChevronRight, Copy, Pencil } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { PromptEditor } from '../composer/prompt-editor.tsx';
import { FileTiles } from '../files/file-tiles.tsx';
import { useTurnActions } from '../turns/actions.ts';
import { KeepPrompt } from './keeping/keep-prompt.tsx';
import { isLong } from './prompt-length.ts';

interface PromptProps {
  turn: TurnFieldsFragment;
  /** Whether the API has not taken the turn yet, so that its prompt cannot be edited. */
  pending: boolean;
  /** Whether a prompt is on its way, so that another one has to wait. */
  busy: boolean;
  /** Whether one answer has the width for itself: the prompt stands above it. */
  alone: boolean;
}

/** A turn's prompt with its files, and what can be done with it. */
export function Prompt({ turn, pending, busy, alone }: PromptProps) {
  const [editing, setEditing] = useState(false);
  const [whole, setWhole] = useState(false);
  const [copied, copy] = useCopy();
  const long = isLong(turn.prompt);
  const pencil = useRef<HTMLButtonElement>(null);
  const actions = useTurnActions();
  return (
    <div className="turn-row">
      <div
        className={classes(
          'group flex gap-3 max-md:flex-wrap max-md:gap-y-0',
          alone && 'mx-auto max-w-[70ch] flex-wrap gap-y-0',
        )}
      >
        <h2
          className={classes(
            'shrink-0 pt-0.5 text-sm font-semibold text-muted-foreground max-md:sr-only',
            alone ? 'w-full' : 'w-10',
          )}
        >
          {texts.you}
        </h2>
        {editing ? (
          <PromptEditor
            turn={turn}
            busy={busy}
            onClose={() => {
              flushSync(() => setEditing(false));
              pencil.current?.focus();
            }}
            // The editor stays open until the new branch is shown.
            onSend={(prompt) => actions.edit(turn, prompt)}
          />
        ) : (
          <>
            <WithFiles files={turn.files} long={long} whole={whole} onWhole={() => setWhole(!whole)}>
              <p
                className={classes(
                  'measure min-w-0 text-start whitespace-pre-wrap wrap-anywhere [unicode-bidi:plaintext]',
                  long && !whole && 'line-clamp-8 print:line-clamp-none',
                  alone && 'flex-1',
                  'max-md:w-full max-md:flex-none',
                )}
              >
                {turn.prompt}
              </p>
            </WithFiles>
            <div className="-my-1 ms-auto flex shrink-0 max-md:-me-3 max-md:[&_button]:h-[44px] max-md:[&_button]:min-w-[44px] items-center self-start text-sm text-muted-foreground">
              <Tooltip text={copied ? texts.copied : texts.copy}>
                <Button
                  variant="ghost"
                  size="icon"
                  className="max-md:size-[44px]"
                  aria-label={copied ? texts.copied : texts.copyPrompt}
                  onClick={() => copy(turn.prompt)}
                >
                  {copied ? <Check /> : <Copy />}
                </Button>
              </Tooltip>
              {pending ? null : <KeepPrompt turnId={turn.id} />}
              {pending ? null : (
                <Tooltip text={texts.editAndAsk}>
                  <Button
                    ref={pencil}
                    variant="ghost"
                    size="icon"
                    aria-label={texts.editPrompt}
                    onClick={() => setEditing(true)}
                  >
                    <Pencil />
                  </Button>
                </Tooltip>
              )}
              <Branches turn={turn} />
            </div>
          </>
        )}
      </div>
    </div>
  );
}

/** Leads to the other prompts that were sent in the turn's place. */
function Branches({ turn }: Pick<PromptProps, 'turn'>) {
  const actions = useTurnActions();
  const branches = turn.alternatives.map(({ id }) => id);
  if (branches.length < 2) return null;
  const at = branches.indexOf(turn.id);
  const show = (index: number) => {
    const id = branches[index];
    if (id) actions.showBranch(id);
  };
  return (
    <span className="figures flex items-center">
      <Button
        variant="ghost"
        size="icon"
        data-other-version
        aria-label={texts.earlierVersion}
        disabled={at <= 0}
        onClick={() => show(at - 1)}
      >
        <ChevronLeft className="rtl:-scale-x-100" />
      </Button>
      <span aria-hidden="true">
        {at + 1}/{branches.length}
      </span>
      <span className="sr-only">{texts.versionAt({ at: at + 1, count: branches.length })}</span>
      <Button
        variant="ghost"
        size="icon"
        data-other-version
        aria-label={texts.laterVersion}
        disabled={at === branches.length - 1}
        onClick={() => show(at + 1)}
      >
        <ChevronRight className="rtl:-scale-x-100" />
      </Button>
    </span>
  );
}

interface WithFilesProps {
  files: TurnFieldsFragment['files'];
  long: boolean;
  whole: boolean;
  onWhole: () => void;
  children: ReactNode;
}

/** The prompt's text below its files, and above the button that shows all of a long one; alone if it has neither. */
function WithFiles({ files, long, whole, onWhole, children }: WithFilesProps) {
  if (files.length === 0 && !long) return children;
  return (
    <div className="flex min-w-0 flex-1 flex-col items-start gap-2 max-md:w-full max-md:flex-none">
      {files.length > 0 ? <FileTiles files={files} /> : null}
      {children}
      {long ? (
        <Button
          variant="ghost"
          size="small"
          className="-mx-3 text-primary max-md:h-[44px] hover:text-primary print:hidden"
          aria-expanded={whole}
          onClick={onWhole}
        >
          {whole ? texts.showLess : texts.showAll}
        </Button>
      ) : null}
    </div>
  );
}
