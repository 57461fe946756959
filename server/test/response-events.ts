/**
 * The events of items of OpenAI's Responses API. They are written by hand after its public reference
 * (https://platform.openai.com/docs/api-reference/responses-streaming): nobody here has a key to record them with.
 */
export function eventsOfItem(output_index: number, item: ResponseItem): object[] {
  const { type, id } = item;
  const place = { output_index, item_id: id };
  const ended = { type: 'response.output_item.done', output_index, item: { ...item, pieces: undefined } };
  if (type === 'message') {
    const [content] = item.content;
    const named = content.type === 'refusal' ? 'refusal' : 'output_text';
    const whole = content.type === 'refusal' ? { refusal: content.refusal } : { text: content.text };
    const begun = content.type === 'refusal' ? { refusal: '' } : { text: '', annotations: [] };
    const pieces = item.pieces ?? [content.type === 'refusal' ? content.refusal : content.text];
    const at = { ...place, content_index: 0 };
    return [
      added(output_index, { type, id, role: 'assistant', status: 'in_progress', content: [] }),
      { type: 'response.content_part.added', ...at, part: { type: content.type, ...begun } },
      ...pieces.map((delta) => ({ type: `response.${named}.delta`, ...at, delta, logprobs: [] })),
      ...(content.annotations ?? []).map((annotation, annotation_index) => ({
        type: 'response.output_text.annotation.added',
        ...at,
        annotation_index,
        annotation,
      })),
      { type: `response.${named}.done`, ...at, ...whole },
      { type: 'response.content_part.done', ...at, part: content },
      ended,
    ];
  }
  if (type === 'reasoning') {
    const summaries = item.summary.flatMap(({ text }, summary_index) => {
      const at = { ...place, summary_index };
      return [
        { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
        ...(item.pieces ?? [text]).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
        { type: 'response.reasoning_summary_text.done', ...at, text },
        { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
      ];
    });
    return [added(output_index, { type, id, summary: [] }), ...summaries, ended];
  }
  if (type === 'web_search_call') {
    return [
      added(output_index, { type, id, status: 'in_progress' }),
      { type: 'response.web_search_call.in_progress', ...place },
      { type: 'response.web_search_call.searching', ...place },
      { type: 'response.web_search_call.completed', ...place },
      ended,
    ];
  }
  return [
    added(output_index, { ...item, pieces: undefined, arguments: '', status: 'in_progress' }),
    ...(item.pieces ?? [item.arguments]).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...place,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...place, arguments: item.arguments },
    ended,
  ];
}

/** What an item ends as. `pieces`: its deltas. Default: one. */
export type ResponseItem = { id: string; status?: string; pieces?: readonly string[] } & (
  | { type: 'message'; role: 'assistant'; content: readonly [MessageContent] }
  | { type: 'reasoning'; summary: readonly { type: 'summary_text'; text: string }[]; encrypted_content?: string }
  | { type: 'web_search_call'; action?: object }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
);

type MessageContent =
  | { type: 'output_text'; text: string; annotations?: readonly object[] }
  | { type: 'refusal'; refusal: string; annotations?: undefined };

function added(output_index: number, item: object): object {
  return { type: 'response.output_item.added', output_index, item };
}

export const responseBegin = [
  { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [], usage: null, error: null } },
  { type: 'response.in_progress', response: { id: 'resp_1', status: 'in_progress', output: [], usage: null } },
];

/** The last event, with the items as they ended. */
export function responseEnd(
  items: readonly ResponseItem[],
  usage: object | null,
  { status = 'completed', ...more }: { status?: string; [field: string]: unknown } = {},
): object {
  const output = items.map((item) => ({ ...item, pieces: undefined }));
  return { type: `response.${status}`, response: { id: 'resp_1', status, output, usage, ...more } };
}

/** A whole answer. */
export function responseOf(items: readonly ResponseItem[], usage: object | null, more?: { status?: string }): object[] {
  return [
    ...responseBegin,
    ...items.flatMap((item, index) => eventsOfItem(index, item)),
    responseEnd(items, usage, more),
  ];
}

export function messageItem(
  id: string,
  text: string,
  more: { pieces?: readonly string[]; annotations?: object[] } = {},
) {
  const { pieces, annotations = [] } = more;
  return {
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations }],
    ...(pieces && { pieces }),
  } as const;
}

/** Events as they are sent: each with its name, and its number among them. */
export function responseBody(events: readonly object[]): string {
  return events
    .map((event, sequence_number) => {
      const { type } = event as { type: string };
      return `event: ${type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`;
    })
    .join('');
}

/** As the wire server has it (`WireScript`). */
interface Script {
  reasoning?: readonly string[];
  text: readonly string[];
  usage?: { input: number; output: number };
}

/** The events of a script of the wire server. */
export function responseEvents({ reasoning = [], text, usage }: Script): object[] {
  const thought = reasoning.join('');
  const items: ResponseItem[] = [
    ...(thought === ''
      ? []
      : [
          {
            type: 'reasoning' as const,
            id: 'rs_1',
            summary: [{ type: 'summary_text' as const, text: thought }],
            pieces: reasoning,
          },
        ]),
    messageItem('msg_1', text.join(''), { pieces: text }),
  ];
  const counted = usage && {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.input + usage.output,
  };
  return responseOf(items, counted ?? null);
}
