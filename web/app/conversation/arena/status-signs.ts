import { lanes as texts } from 'texts:chat';
import type { ResponseStatus } from '../../graphql/generated/graphql.ts';

/** The sign, the word and the colour for each status of a response. */
export const statusSigns: Record<ResponseStatus, { sign: string; word: string; tone: string }> = {
  QUEUED: { sign: '○', word: texts.waiting, tone: 'text-muted-foreground' },
  STREAMING: { sign: '●', word: texts.writing, tone: 'text-primary' },
  COMPLETED: { sign: '✓', word: texts.done, tone: 'text-muted-foreground' },
  FAILED: { sign: '⚠', word: texts.failed, tone: 'text-destructive' },
  STOPPED: { sign: '■', word: texts.stopped, tone: 'text-muted-foreground' },
  INTERRUPTED: { sign: '‖', word: texts.interrupted, tone: 'text-warning' },
};
