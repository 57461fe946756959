import { type RefObject, useEffect, useRef } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { promptField } from '../../ui/browser/prompt-focus.ts';
import { type JudgingAction, judgingAction, type PressedKey } from './judging-key.ts';

/**
 * Listens for the keys that judge a turn, wherever the focus is, as `judgingAction` allows.
 *
 * @param row the turn's judging row
 * @param onAction called with what the key does
 */
export function useJudgingKeys(
  row: RefObject<HTMLElement>,
  judging: Parameters<typeof judgingAction>[1],
  onAction: (action: NonNullable<JudgingAction>) => void,
): void {
  const current = useRef({ judging, onAction });
  useBrowserLayoutEffect(() => {
    current.current = { judging, onAction };
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const action = judgingAction(pressedKey(event, row.current), current.current.judging);
      if (!action) return;
      event.preventDefault();
      current.current.onAction(action);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [row]);
}

function pressedKey(event: KeyboardEvent, row: HTMLElement | null): PressedKey {
  const target = event.target instanceof Element ? event.target : document.body;
  const turn = target.closest('.turn');
  return {
    key: event.key,
    taken:
      event.defaultPrevented ||
      event.isComposing ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      target.closest('[role=menu], [role=dialog], [role=listbox], [role=alertdialog]') !== null,
    focus: {
      inEmptyPrompt: target.matches(promptField) && (target as HTMLTextAreaElement).value === '',
      inTextField: target.matches(textFields) || (target as HTMLElement).isContentEditable,
      onControl: target.matches('a, button, summary, select, [role=tab], [role=switch]'),
      turn: turn === null ? 'none' : turn === row?.closest('.turn') ? 'this' : 'other',
    },
  };
}

const textFields = 'textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])';
