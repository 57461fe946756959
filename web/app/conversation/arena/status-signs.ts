import type { ResponseStatus } from '../../graphql/generated/graphql.ts';

/** The sign, the word and the colour for each status of a response. */
export const statusSigns: Record<ResponseStatus, { sign: string; word: string; tone: string }> = {
  QUEUED: { sign: '○', word: 'waiting', tone: 'text-muted-foreground' },
  STREAMING: { sign: '●', word: 'writing', tone: 'text-primary' },
  COMPLETED: { sign: '✓', word: 'done', tone: 'text-muted-foreground' },
  FAILED: { sign: '⚠', word: 'failed', tone: 'text-destructive' },
  STOPPED: { sign: '■', word: 'stopped', tone: 'text-muted-foreground' },
  INTERRUPTED: { sign: '‖', word: 'interrupted', tone: 'text-warning' },
};
