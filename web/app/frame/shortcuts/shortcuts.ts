/**
 * All keys of the app. What listens to a key asks this table, and the list that members read is made from it, so that the
 * list says what is so.
 *
 * `keys` are names as `KeyboardEvent.key` has them, with `Mod+` for ⌘ or Ctrl, `Alt+`, `Shift+` before them. `1-9` is any of
 * these figures. A letter is meant in both cases.
 */
export const shortcuts = {
  palette: { group: 'Everywhere', keys: ['Mod+K'], does: 'Find conversations, models and actions' },
  find: { group: 'Everywhere', keys: ['Mod+F'], does: 'Find in the conversation; again: in the page' },
  newChat: { group: 'Everywhere', keys: ['Mod+Shift+O'], does: 'New chat' },
  sidebar: { group: 'Everywhere', keys: ['Mod+B'], does: 'Hide or show the list of conversations' },
  list: { group: 'Everywhere', keys: ['Mod+/'], does: 'Show this list' },
  send: { group: 'Prompt', keys: ['Enter'], does: 'Send' },
  newLine: { group: 'Prompt', keys: ['Shift+Enter'], does: 'Begin a new line' },
  stop: { group: 'Prompt', keys: ['Escape'], does: 'Stop all answers that are being written' },
  laneAlone: { group: 'In an answer', keys: ['Alt+ArrowUp'], does: 'Show only this answer, or all again' },
  laneFold: { group: 'In an answer', keys: ['Alt+ArrowDown'], does: 'Fold the answer to a spine' },
  laneMove: { group: 'In an answer', keys: ['Alt+ArrowLeft', 'Alt+ArrowRight'], does: 'Move the answer' },
  allLanes: { group: 'In an answer', keys: ['Escape'], does: 'Show all answers again' },
  judge: { group: 'Verdict', keys: ['Escape'], does: 'Go from an empty prompt to the verdict' },
  best: { group: 'Verdict', keys: ['1-9'], does: 'This answer is best' },
  tie: { group: 'Verdict', keys: ['T'], does: 'They are equally good' },
  allBad: { group: 'Verdict', keys: ['B'], does: 'All are bad' },
  verdict: { group: 'Verdict', keys: ['Enter'], does: 'Send the verdict' },
} as const satisfies Record<string, Shortcut>;

export interface Shortcut {
  group: 'Everywhere' | 'Prompt' | 'In an answer' | 'Verdict';
  /** Each of them does it. */
  keys: readonly string[];
  does: string;
}

export type ShortcutName = keyof typeof shortcuts;
