import { composer as texts } from 'texts:chat';
import { useState } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Textarea } from '../../ui/input.tsx';
import { useDrafts } from './drafts.ts';
import { isSendKey } from './send-key.ts';

/** The editor of a turn's prompt. Its text is a draft under the turn's id until it is sent or cancelled. */
export function PromptEditor({
  turn,
  busy,
  onClose,
  onSend,
}: {
  turn: TurnFieldsFragment;
  busy: boolean;
  onClose: () => void;
  onSend: (prompt: string) => void;
}) {
  const drafts = useDrafts();
  const [text, setText] = useState(() => drafts.read(turn.id) || turn.prompt);
  const sendable = text.trim() !== '' && text !== turn.prompt && !busy;
  return (
    <form
      className="flex w-full max-w-[720px] flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (sendable) onSend(text);
      }}
    >
      <Textarea
        ref={caretToEnd}
        autoFocus
        aria-label={texts.editPrompt}
        rows={Math.min(12, Math.max(2, text.split('\n').length))}
        className="max-md:text-[16px]"
        value={text}
        onChange={({ target: { value } }) => {
          setText(value);
          drafts.write(turn.id, value === turn.prompt ? '' : value);
        }}
        onKeyDown={(event) => {
          // The draft stays, and is there when the editor opens again.
          if (event.key === 'Escape' && !event.nativeEvent.isComposing) onClose();
          if (!isSendKey(event)) return;
          event.preventDefault();
          if (sendable) onSend(text);
        }}
      />
      <div className="flex items-center justify-end gap-2">
        <p className="me-auto text-sm text-muted-foreground">{texts.earlierKept}</p>
        <Button
          size="small"
          onClick={() => {
            drafts.write(turn.id, '');
            onClose();
          }}
        >
          {texts.cancel}
        </Button>
        <Button size="small" variant="primary" type="submit" disabled={!sendable}>
          {texts.send}
        </Button>
      </div>
    </form>
  );
}

function caretToEnd(area: HTMLTextAreaElement | null): void {
  area?.setSelectionRange(area.value.length, area.value.length);
}
