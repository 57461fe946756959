/**
 * All keys of the app. What listens to a key asks this table, and the list that members read is made from it, so that the
 * list says what is so.
 *
 * `keys` are names as `KeyboardEvent.key` has them, with `Mod+` for ⌘ or Ctrl, `Alt+`, `Shift+` before them. `1-9` is any of
 * these figures. A letter is meant in both cases.
 */
export const shortcuts = {
  palette: { group: 'everywhere', keys: ['Mod+K'] },
  find: { group: 'everywhere', keys: ['Mod+F'] },
  newChat: { group: 'everywhere', keys: ['Mod+Shift+O'] },
  sidebar: { group: 'everywhere', keys: ['Mod+B'] },
  list: { group: 'everywhere', keys: ['Mod+/'] },
  send: { group: 'prompt', keys: ['Enter'] },
  newLine: { group: 'prompt', keys: ['Shift+Enter'] },
  stop: { group: 'prompt', keys: ['Escape'] },
  laneAlone: { group: 'answer', keys: ['Alt+ArrowUp'] },
  laneFold: { group: 'answer', keys: ['Alt+ArrowDown'] },
  laneMove: { group: 'answer', keys: ['Alt+ArrowLeft', 'Alt+ArrowRight'] },
  allLanes: { group: 'answer', keys: ['Escape'] },
  waitingCall: { group: 'approval', keys: ['Mod+.'] },
  callOnce: { group: 'approval', keys: ['Y'] },
  callAlways: { group: 'approval', keys: ['A'] },
  callNotNow: { group: 'approval', keys: ['N'] },
  callNever: { group: 'approval', keys: ['X'] },
  judge: { group: 'verdict', keys: ['Escape'] },
  best: { group: 'verdict', keys: ['1-9'] },
  tie: { group: 'verdict', keys: ['T'] },
  allBad: { group: 'verdict', keys: ['B'] },
  verdict: { group: 'verdict', keys: ['Enter'] },
} as const satisfies Record<string, Shortcut>;

export interface Shortcut {
  group: 'everywhere' | 'prompt' | 'answer' | 'approval' | 'verdict';
  /** Each of them does it. */
  keys: readonly string[];
}

export type ShortcutName = keyof typeof shortcuts;
