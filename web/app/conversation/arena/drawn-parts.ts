import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';

/** A part of an answer, as its lane draws it. */
export type DrawnPart =
  | { index: number; kind: 'text' | 'reasoning'; text: string }
  /** Of a kind that this page does not know: a newer server, or another version of this one, has it. */
  | { index: number; kind: 'other'; name: string };

type Fields = Pick<ResponseFieldsFragment, 'parts' | 'text' | 'reasoning'>;

const textKinds: Record<string, 'text' | 'reasoning'> = { TextPart: 'text', ReasoningPart: 'reasoning' };

/** In their order. The text of a part lasts until the next of its kind begins. */
export function drawnParts(response: Fields): DrawnPart[] {
  const { parts } = response;
  return parts.flatMap((part, at): DrawnPart | [] => {
    const { index } = part;
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

/** `ToolCallPart`, or the server's own word for it, as "tool call". */
function nameOf(part: Fields['parts'][number]): string {
  const word = 'kind' in part ? part.kind : part.__typename.replace(/Part$/, '');
  return word
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
