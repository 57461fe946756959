import { calls as texts } from 'texts:tools';
import { Ban, Check, CircleHelp, Hand, LoaderCircle, type LucideIcon, PenLine, TriangleAlert } from 'lucide-react';
import type { ToolCallStatus } from '../../../graphql/generated/graphql.ts';

/** The icon, the word and the colour for each status of a call. */
export const callSigns: Record<ToolCallStatus, { Icon: LucideIcon; word: string; tone: string }> = {
  WRITING: { Icon: PenLine, word: texts.writing, tone: 'text-muted-foreground' },
  WAITING_FOR_APPROVAL: { Icon: Hand, word: texts.waiting, tone: 'text-warning' },
  RUNNING: { Icon: LoaderCircle, word: texts.running, tone: 'text-primary' },
  DONE: { Icon: Check, word: texts.done, tone: 'text-muted-foreground' },
  FAILED: { Icon: TriangleAlert, word: texts.failed, tone: 'text-destructive' },
  REFUSED: { Icon: Ban, word: texts.refused, tone: 'text-muted-foreground' },
  UNCERTAIN: { Icon: CircleHelp, word: texts.uncertain, tone: 'text-warning' },
};

/** The arguments as a reader takes them in: JSON in lines, and every sign that would be invisible, or turn others around, told. */
export function readableArguments(json: string): string {
  return tellInvisible(inLines(json));
}

function inLines(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    // It is still written, or was broken off.
    return json;
  }
}

function tellInvisible(text: string): string {
  return text.replace(
    /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`,
  );
}
