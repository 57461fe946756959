import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import type { AttachedFile } from '../files/attached-file.ts';

/** A part of an answer, as its lane draws it. */
export type DrawnPart =
  | { index: number; kind: 'text' | 'reasoning'; text: string }
  | { index: number; kind: 'image'; file: AttachedFile }
  /** The call of a tool, with its number among those of the answer, from 1. */
  | { index: number; kind: 'toolCall'; call: ToolCall; number: number }
  /** A part of a kind that this page does not know: another version of the server made it. */
  | { index: number; kind: 'other'; name: string };

/** A call of a tool as its part tells of it. */
export type ToolCall = Extract<ResponseFieldsFragment['parts'][number], { __typename: 'ToolCallPart' }>;

type Fields = Pick<ResponseFieldsFragment, 'parts' | 'text' | 'reasoning'>;

const textKinds: Record<string, 'text' | 'reasoning'> = { TextPart: 'text', ReasoningPart: 'reasoning' };

/** The parts in their order. A part's text ends where the next part of its kind begins. */
export function drawnParts(response: Fields): DrawnPart[] {
  const { parts } = response;
  let calls = 0;
  return parts.flatMap((part, at): DrawnPart | [] => {
    const { index } = part;
    if (part.__typename === 'ImagePart') return { index, kind: 'image', file: part.file };
    if (part.__typename === 'ToolCallPart') return { index, kind: 'toolCall', call: part, number: ++calls };
    const kind = textKinds[part.__typename];
    if (!kind) return { index, kind: 'other', name: nameOf(part) };
    const next = parts.slice(at + 1).find((other) => other.__typename === part.__typename);
    const text = response[kind].slice(offsetOf(part), next && offsetOf(next));
    return text === '' ? [] : { index, kind, text };
  });
}

/** Whether nothing more becomes of the call. */
export function isCallEnded({ status }: Pick<ToolCall, 'status'>): boolean {
  return status !== 'WRITING' && status !== 'WAITING_FOR_APPROVAL' && status !== 'RUNNING';
}

/** The call that the answer waits for; one that waits for its member comes first. */
export function callUnderWay({ parts }: Pick<Fields, 'parts'>): ToolCall | undefined {
  const calls = parts.filter((part) => part.__typename === 'ToolCallPart' && !isCallEnded(part)) as ToolCall[];
  return calls.find(({ status }) => status === 'WAITING_FOR_APPROVAL') ?? calls[0];
}

function offsetOf(part: Fields['parts'][number]): number {
  return 'offset' in part ? part.offset : 0;
}

/** The part's kind in words: `HologramPart`, or the server's own `tool_result`, becomes "hologram", "tool result". */
function nameOf(part: Fields['parts'][number]): string {
  const word = 'kind' in part ? part.kind : part.__typename.replace(/Part$/, '');
  return word
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
