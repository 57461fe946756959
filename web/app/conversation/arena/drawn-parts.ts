import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import type { AttachedFile } from '../files/attached-file.ts';

/** A part of an answer, as its lane draws it. */
export type DrawnPart =
  | { index: number; kind: 'text' | 'reasoning'; text: string }
  | { index: number; kind: 'image'; file: AttachedFile }
  /** A part of a kind that this page does not know: another version of the server made it. */
  | { index: number; kind: 'other'; name: string };

type Fields = Pick<ResponseFieldsFragment, 'parts' | 'text' | 'reasoning'>;

const textKinds: Record<string, 'text' | 'reasoning'> = { TextPart: 'text', ReasoningPart: 'reasoning' };

/** The parts in their order. A part's text ends where the next part of its kind begins. */
export function drawnParts(response: Fields): DrawnPart[] {
  const { parts } = response;
  return parts.flatMap((part, at): DrawnPart | [] => {
    const { index } = part;
    if (part.__typename === 'ImagePart') return { index, kind: 'image', file: part.file };
    const kind = textKinds[part.__typename];
    if (!kind) return { index, kind: 'other', name: nameOf(part) };
    const next = parts.slice(at + 1).find((other) => other.__typename === part.__typename);
    const text = response[kind].slice(offsetOf(part), next && offsetOf(next));
    return text === '' ? [] : { index, kind, text };
  });
}

function offsetOf(part: Fields['parts'][number]): number {
  return 'offset' in part ? part.offset : 0;
}

/** The part's kind in words: `ToolCallPart`, or the server's own `tool_call`, becomes "tool call". */
function nameOf(part: Fields['parts'][number]): string {
  const word = 'kind' in part ? part.kind : part.__typename.replace(/Part$/, '');
  return word
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
