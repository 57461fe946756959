import { RESULT_LENGTH_MAX, type ToolResult } from '../../ports/tool.ts';

const CUT = '\n\n[The rest is left out.]';

/** A result of this text, cut where it is too long. */
export function textResult(text: string, citations: ToolResult['citations'] = []): ToolResult {
  return {
    content: [{ type: 'text', text: bounded(text) }],
    isError: false,
    ...(citations.length > 0 && { citations }),
  };
}

/** A failure that the model is told of, in words for it. */
export function errorResult(message: string): ToolResult {
  return { content: [{ type: 'text', text: bounded(message) }], isError: true };
}

function bounded(text: string): string {
  return text.length <= RESULT_LENGTH_MAX ? text : `${cut(text, RESULT_LENGTH_MAX - CUT.length)}${CUT}`;
}

/** The beginning of a text, at most so many UTF-16 code units, never ending between the halves of a pair. */
export function cut(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).replace(/[\uD800-\uDBFF]$/, '');
}
