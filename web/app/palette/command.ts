import type { ReactNode } from 'react';

export interface Command {
  id: string;
  group: 'actions' | 'conversations' | 'lines' | 'models' | 'presets' | 'folders';
  label: string;
  /** What is drawn instead of the label. */
  content?: ReactNode;
  /** A second line, below the label. */
  note?: string;
  icon: ReactNode;
  run: () => void;
}
