import type { ReactNode } from 'react';

export interface Command {
  id: string;
  group: 'Actions' | 'Conversations' | 'Prompts and answers' | 'Ask one model' | 'New chat with a preset' | 'Folders';
  label: string;
  /** What is drawn instead of the label. */
  content?: ReactNode;
  /** A second line, below the label. */
  note?: string;
  icon: ReactNode;
  run: () => void;
}
