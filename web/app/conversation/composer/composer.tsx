import { composer as texts } from 'texts:chat';
import { type ClipboardEvent, forwardRef, type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { Worth } from '../../frame/credit-figures.tsx';
import type { ModelChoiceFragment, SendPromptInput } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { AttachButton } from '../files/attach-button.tsx';
import type { AttachedFile } from '../files/attached-file.ts';
import { AttachmentTiles } from '../files/attachment-tiles.tsx';
import type { Attachment } from '../files/attachments.ts';
import { FileDrop } from '../files/file-drop.tsx';
import { pastedFiles } from '../files/pasted-files.ts';
import { type Asking, agentOf, blindLanesOf, type Choice, isComplete, modelsOf } from '../turns/asking.ts';
import { AskingSheet } from './asking-sheet.tsx';
import { blindMeaning, blindRefusal, countInWords } from './models/blind-choice.ts';
import { Continuation } from './models/continuation.tsx';
import type { PresetPicking } from './models/model-picker.tsx';
import { ModelsChoice } from './models/models-choice.tsx';
import { OutOfCredits } from './out-of-credits.tsx';
import { ParametersForm } from './parameters-form.tsx';
import { ParametersPopover } from './parameters-popover.tsx';
import { PayerChoice } from './payer-choice.tsx';
import type { AppliedPreset } from './presets/applied-preset.ts';
import { PresetLine } from './presets/preset-line.tsx';
import { type Beginning, type PresetField, usePresetChoice } from './presets/use-preset-choice.tsx';
import { SendButtons } from './send-buttons.tsx';
import { isSendKey } from './send-key.ts';
import { ChosenTools } from './tools/chosen-tools.tsx';
import { useQuote } from './use-quote.ts';

interface ComposerProps {
  conversationId: string | null;
  models: readonly ModelChoiceFragment[];
  modelsPerPrompt: number;
  /** How many tokens of one answer the plan allows. */
  maxOutputTokens: number;
  /** The name of the team that paid in the conversation last; null: none did. */
  lastPayer: string | null;
  /** The viewer's own credits that are available. */
  ownCredits: number;
  draft: string;
  onDraft: (draft: string) => void;
  /** The files of the draft. */
  attachments: readonly Attachment[];
  /** Has to be the same function in every render. */
  onAttach: (files: readonly File[]) => void;
  onDetach: (key: string) => void;
  asking: Asking;
  onAsking: (asking: Asking) => void;
  /** The choice of the last prompt. */
  asked: Choice;
  /** The models that a conversation without a turn asks. */
  firstModelIds: readonly string[];
  /** The name of the model that wrote a response; null if the page does not have it. */
  authorOf: (responseId: string) => string | null;
  /** The preset that a new chat begins with; null: none. */
  beginning: Beginning | null;
  /** The preset that the prompt goes by; null: it goes by none. */
  preset: AppliedPreset | null;
  onPreset: (preset: AppliedPreset | null) => void;
  /** Whether the models of the last turn are secret: a blind prompt that names none goes on with them. */
  hidden: boolean;
  /** Whether a prompt is on its way: the member can type, but not send. */
  sending: boolean;
  onSend: () => void;
  /** How many answers of the conversation are being written. */
  running: number;
  /** Stops them all. */
  onStop: () => void;
  /** The error of the last try, shown above the draft. */
  notice: ReactNode;
}

export const Composer = forwardRef<HTMLTextAreaElement, ComposerProps>(function Composer(props, ref) {
  const { models, draft, onDraft, attachments, onAttach, asking, onAsking, hidden, sending, running, onSend, onStop } =
    props;
  const { blind = false } = asking;
  const complete = isComplete(asking);
  const files = attachments.flatMap((attachment) => (attachment.state === 'ready' ? attachment.file : []));
  const input = complete ? inputOf(props, files) : null;
  const quote = useQuote(input);
  const unready = unreadyWords(attachments);
  const sendable = draft.trim() !== '' && complete && unready === null && !sending;
  const refusal = blindRefusal(asking, { models, limit: props.modelsPerPrompt });

  const form = useRef<HTMLFormElement>(null);
  const { preset, onPreset, beginning, asked } = props;
  const presets = usePresetChoice({
    ...{ form, draft, onDraft, asking, onAsking, models, beginning, asked },
    ...{ limit: props.modelsPerPrompt, applied: preset, onApplied: onPreset },
  });

  function onKeyDown(event: KeyboardEvent): void {
    if (presets.onKeyDown(event) || !isSendKey(event)) return;
    event.preventDefault();
    if (sendable) onSend();
  }

  return (
    <>
      <form
        ref={form}
        className="composer mx-auto flex w-full max-w-[1488px] flex-col gap-2 px-6 pb-4 max-md:px-3 max-md:pb-[max(8px,env(safe-area-inset-bottom))]"
        onSubmit={(event) => {
          event.preventDefault();
          if (sendable) onSend();
        }}
      >
        <FileDrop onFiles={onAttach} />
        <Notices {...props} {...{ input, quote }} />
        <div className="relative rounded-lg border border-input bg-card focus-within:border-ring">
          {presets.menu}
          {preset ? <PresetLine {...{ asking }} applied={preset} onApplied={onPreset} onLeave={presets.leave} /> : null}
          <AttachmentTiles attachments={attachments} onRemove={props.onDetach} />
          <GrowingTextarea
            ref={ref}
            {...presets.field}
            value={draft}
            onChange={onDraft}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              const files = pastedFiles(event);
              if (files.length === 0) return;
              event.preventDefault();
              onAttach(files);
            }}
            placeholder={placeholder(asking)}
          />
          {blind ? (
            <p className="px-4 pb-2 text-sm text-muted-foreground">{refusal ?? blindMeaning(asking, hidden)}</p>
          ) : null}
          <ChosenTools {...{ asking, onAsking }} budget={quote?.answerBudget ?? null} />
          <div className="flex flex-wrap items-center gap-1.5 px-2 pb-2">
            <AttachButton onFiles={onAttach} />
            <AskingChoices
              {...props}
              {...{ files, refusal }}
              presets={{ appliedId: preset?.id ?? null, onChoose: presets.choose, onSave: presets.save }}
            />
            <div className="ms-auto flex items-center gap-3 ps-2">
              {quote ? <QuoteLine quote={quote} /> : null}
              {draft.trim() && !complete ? (
                <p className="text-sm text-warning">{blind ? texts.chooseOneMore : texts.chooseModel}</p>
              ) : null}
              {unready ? <p className="text-sm text-muted-foreground">{unready}</p> : null}
              <SendButtons {...{ sendable, running, onStop }} written={draft.trim() !== ''} />
            </div>
          </div>
        </div>
      </form>
      {/* What is entered there must not be sent with the form. */}
      {presets.dialogs}
    </>
  );
});

/** What stands above the prompt: why it was not taken, what it lacks, and from which answer it goes on. */
function Notices({
  notice,
  input,
  quote,
  asking,
  onAsking,
  models,
  asked,
  authorOf,
  ownCredits,
}: Pick<ComposerProps, 'notice' | 'asking' | 'onAsking' | 'models' | 'asked' | 'authorOf' | 'ownCredits'> & {
  input: SendPromptInput | null;
  quote: ReturnType<typeof useQuote>;
}) {
  const { historyFrom } = asking;
  return (
    <>
      {notice ??
        (input && quote?.affordable === false ? (
          <OutOfCredits
            {...{ input, quote }}
            ownCredits={ownCredits}
            onShorten={(maxOutputTokens) =>
              onAsking({ ...asking, parameters: { ...asking.parameters, maxOutputTokens } })
            }
          />
        ) : null)}
      {historyFrom === undefined ? null : (
        <Continuation
          modelName={models.find(({ id }) => id === asking.modelIds[0])?.name ?? texts.thisModel}
          history={quote?.models[0]?.history ?? null}
          authorOf={authorOf}
          onUndo={() => onAsking({ ...asking, modelIds: asked.modelIds, blind: asked.blind, historyFrom: undefined })}
        />
      )}
    </>
  );
}

interface AskingChoicesProps extends ComposerProps {
  /** The files of the prompt that the server has. */
  files: readonly AttachedFile[];
  /** Why the prompt cannot be blind; null if it can. */
  refusal: string | null;
  presets: PresetPicking;
}

/** What is asked and how: side by side or, on a phone, in a sheet. */
function AskingChoices({ models, files, asking, onAsking, refusal, hidden, ...props }: AskingChoicesProps) {
  const choice = (
    <ModelsChoice
      {...{ models, files, asking, onAsking, refusal, hidden }}
      limit={props.modelsPerPrompt}
      mergedBefore={props.asked.merge !== undefined}
      firstModelIds={props.firstModelIds}
      presets={props.presets}
    />
  );
  const payer = (
    <PayerChoice
      payerId={asking.payerId}
      lastName={props.lastPayer}
      ownCredits={props.ownCredits}
      onPayer={(payerId) => onAsking({ ...asking, payerId })}
    />
  );
  const parameters = { asking, onAsking, maxOutputTokens: props.maxOutputTokens };
  return (
    <>
      <AskingSheet
        {...{ asking, models }}
        choices={
          <>
            {choice}
            {payer}
          </>
        }
        parameters={<ParametersForm {...parameters} />}
      />
      <div className="max-md:hidden md:contents">
        {choice}
        <ParametersPopover {...parameters} />
        {payer}
      </div>
    </>
  );
}

/** What sending the draft would ask; null: there is none. */
function inputOf(
  { draft, asking, conversationId }: Pick<ComposerProps, 'draft' | 'asking' | 'conversationId'>,
  files: readonly AttachedFile[],
): SendPromptInput | null {
  const { payerId, historyFrom, parameters } = asking;
  if (!draft.trim()) return null;
  return {
    conversationId,
    prompt: draft,
    ...modelsOf(asking),
    ...agentOf(asking),
    ...(files.length > 0 && { fileIds: files.map(({ id }) => id) }),
    parameters,
    ...(payerId !== undefined && { payerId }),
    ...(historyFrom !== undefined && { historyFrom }),
  };
}

/** Why the prompt cannot be sent with its files yet; null: it can. */
function unreadyWords(attachments: readonly Attachment[]): string | null {
  if (attachments.some(({ state }) => state === 'failed')) return texts.removeFailedFile;
  return attachments.some(({ state }) => state === 'uploading') ? texts.waitingForFiles : null;
}

function placeholder(asking: Asking): string {
  const { length } = asking.modelIds;
  if (asking.blind && length !== 1) {
    const count = blindLanesOf(asking);
    return texts.placeholderBlind({ count, words: countInWords(count) });
  }
  return length === 0 ? texts.placeholderNone : texts.placeholder({ count: length, words: countInWords(length) });
}

interface GrowingTextareaProps extends PresetField {
  value: string;
  onChange: (value: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onPaste: (event: ClipboardEvent) => void;
  placeholder: string;
}

/** A textarea as tall as its text, up to a third of the window. */
const GrowingTextarea = forwardRef<HTMLTextAreaElement, GrowingTextareaProps>(function GrowingTextarea(
  { value, onChange, ...props },
  ref,
) {
  const own = useRef<HTMLTextAreaElement | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, for text that was typed before the page was hydrated
  useEffect(() => {
    const typed = own.current?.value;
    if (typed && typed !== value) onChange(typed);
  }, []);
  useBrowserLayoutEffect(() => {
    const area = own.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [value]);
  return (
    <textarea
      ref={(area) => {
        own.current = area;
        if (typeof ref === 'function') ref(area);
        else if (ref) ref.current = area;
      }}
      rows={1}
      data-prompt
      aria-label={texts.prompt}
      enterKeyHint="enter"
      className="block [unicode-bidi:plaintext] max-h-[33dvh] max-md:max-h-[calc(var(--seen)/2-176px)] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-2 outline-none max-md:text-[16px]"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      {...props}
    />
  );
});

function QuoteLine({ quote }: { quote: NonNullable<ReturnType<typeof useQuote>> }) {
  const expected = quote.models.reduce((sum, model) => sum + model.expected, 0);
  return (
    <p className={classes('figures text-sm', quote.affordable ? 'text-muted-foreground' : 'text-warning')}>
      {quote.affordable ? null : <span aria-hidden="true">⚠ </span>}
      {sentence(quote.mayBeShortened ? texts.quoteShortened : texts.quote, {
        expected: formatCount(expected),
        maximum: formatCount(quote.maximum),
        worth: <Worth credits={quote.maximum} />,
      })}
    </p>
  );
}
