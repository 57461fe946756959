import type { Tool, ToolRequest } from '../../../src/ports/tool.ts';

/** Calls a tool as an agent would. */
export function callTool(tool: Tool, given: Record<string, unknown>, request: Partial<ToolRequest> = {}) {
  return tool.call({
    arguments: given,
    callId: 'call',
    userId: 'ann',
    conversationId: null,
    signal: AbortSignal.timeout(60_000),
    ...request,
  });
}

/** The text of a result. */
export async function valueOfText(tool: Tool, given: Record<string, unknown>, request: Partial<ToolRequest> = {}) {
  const { content, isError } = await callTool(tool, given, request);
  return { text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''), isError };
}
