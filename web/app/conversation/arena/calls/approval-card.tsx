import { calls as texts } from 'texts:tools';
import { forwardRef, type KeyboardEvent, useRef, useState } from 'react';
import { useClient } from 'urql';
import { ariaKeys, isPressed } from '../../../frame/shortcuts/pressed.ts';
import type { ShortcutName } from '../../../frame/shortcuts/shortcuts.ts';
import { useKeysOf, useShortcut } from '../../../frame/shortcuts/use-shortcut.ts';
import { AnswerToolCallDocument } from '../../../graphql/generated/graphql.ts';
import { sentence } from '../../../languages/sentence.tsx';
import { Button } from '../../../ui/button.tsx';
import { formatCount } from '../../../ui/figures.ts';
import type { KnownTool } from '../../composer/tools/known-tools.ts';
import type { ToolCall } from '../drawn-parts.ts';
import { PlainText } from './bounded-text.tsx';
import { readableArguments } from './call-words.ts';

interface ApprovalCardProps {
  responseId: string;
  call: ToolCall;
  /** The tool; null: it is not known here. */
  tool: KnownTool | null;
  /** JSON; null: not loaded yet. */
  json: string | null;
  /** Called when the member has answered, before the server has heard it. */
  onAnswered: () => void;
}

interface Answer {
  approve: boolean;
  remember: boolean;
}

const answers = {
  callOnce: { approve: true, remember: false },
  callAlways: { approve: true, remember: true },
  callNotNow: { approve: false, remember: false },
  callNever: { approve: false, remember: true },
} satisfies Partial<Record<ShortcutName, Answer>>;
type AnswerName = keyof typeof answers;

const words: Record<AnswerName, string> = {
  callOnce: texts.once,
  callAlways: texts.always,
  callNotNow: texts.notNow,
  callNever: texts.never,
};

/** Asks the member whether a tool may be called so. It goes when anybody has answered, on any page of theirs. */
export function ApprovalCard({ responseId, call, tool, json, onAnswered }: ApprovalCardProps) {
  const client = useClient();
  const [sent, setSent] = useState<'no' | 'yes' | 'failed'>('no');
  const first = useRef<HTMLButtonElement>(null);
  const card = useRef<HTMLElement>(null);
  useShortcut('waitingCall', () => {
    // Lanes that are not in sight cannot take the focus.
    if (!card.current?.checkVisibility() || card.current.contains(document.activeElement)) return false;
    card.current.scrollIntoView({ block: 'nearest' });
    first.current?.focus();
    return true;
  });
  // What nobody has read nobody can approve.
  const ready = json !== null && sent !== 'yes';

  async function answer(name: AnswerName): Promise<void> {
    if (!ready) return;
    setSent('yes');
    onAnswered();
    const { data } = await client
      .mutation(AnswerToolCallDocument, { responseId, toolCallId: call.id, ...answers[name] })
      .toPromise();
    if (!data) setSent('failed');
  }

  function onKeyDown(event: KeyboardEvent): void {
    const name = (Object.keys(answers) as AnswerName[]).find((one) => isPressed(one, event.nativeEvent));
    if (!name || event.repeat) return;
    event.preventDefault();
    event.stopPropagation();
    void answer(name);
  }

  const name = tool?.name ?? call.name;
  return (
    <section
      ref={card}
      aria-label={texts.asks({ tool: name })}
      data-approval={call.id}
      onKeyDown={onKeyDown}
      className="flex flex-col gap-3 rounded-md border border-warning bg-warning-soft px-3 py-3 text-sm text-foreground"
    >
      <div>
        <p className="font-medium">{sentence(texts.asks, { tool: <bdi>{name}</bdi> })}</p>
        {/* A server may call its tools as it likes. */}
        {tool && tool.serverName !== null ? (
          <p className="text-xs text-muted-foreground">
            {sentence(texts.fromServer, { server: <bdi>{tool.serverName}</bdi> })}
          </p>
        ) : null}
      </div>
      {tool ? (
        <p className="line-clamp-4 wrap-anywhere whitespace-pre-line text-muted-foreground">
          <bdi>{tool.description}</bdi>
        </p>
      ) : null}
      {json === null ? (
        <div className="h-12 animate-breathe rounded-md bg-muted" aria-hidden="true" />
      ) : (
        <PlainText label={texts.arguments} text={readableArguments(json)} />
      )}
      {tool && tool.priceCredits > 0 ? (
        <p className="text-muted-foreground">{texts.costs({ credits: formatCount(tool.priceCredits) })}</p>
      ) : null}
      <Answers ref={first} ready={ready} onAnswer={(name) => void answer(name)} />
      {sent === 'failed' ? (
        <p role="alert" className="text-destructive">
          {texts.notSent}
        </p>
      ) : null}
    </section>
  );
}

interface AnswersProps {
  ready: boolean;
  onAnswer: (name: AnswerName) => void;
}

/** The four answers; the reference is to the first one. */
const Answers = forwardRef<HTMLButtonElement, AnswersProps>(function Answers({ ready, onAnswer }, first) {
  return (
    <div className="touch flex flex-wrap gap-2">
      {(Object.keys(answers) as AnswerName[]).map((name, index) => (
        <AnswerButton key={name} ref={index === 0 ? first : null} {...{ name, ready }} onClick={() => onAnswer(name)} />
      ))}
    </div>
  );
});

const AnswerButton = forwardRef<HTMLButtonElement, { name: AnswerName; ready: boolean; onClick: () => void }>(
  function AnswerButton({ name, ready, onClick }, ref) {
    const keys = useKeysOf(name);
    return (
      <Button
        ref={ref}
        size="small"
        variant={name === 'callOnce' ? 'primary' : name === 'callNever' ? 'danger' : 'outline'}
        aria-keyshortcuts={ariaKeys(name)}
        // A button that was disabled would lose the focus.
        aria-disabled={!ready || undefined}
        className="aria-disabled:opacity-50"
        onClick={onClick}
      >
        {words[name]}
        <span aria-hidden="true" className="text-xs opacity-70 pointer-coarse:hidden">
          {keys}
        </span>
      </Button>
    );
  },
);
