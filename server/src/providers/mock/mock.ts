import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LanguageModel, ModelMessage, ModelRequest, TokenUsage } from '../../ports/language-model.ts';
import { GO_ON, ModelFailure, textOf } from '../../ports/language-model.ts';
import { PartSink } from '../model-parts.ts';

/** Characters of a token, about as in English; a text's last token may be shorter. */
const charactersPerToken = 4;

export interface MockModel {
  /** The model's name in a request. */
  name: string;
  displayName: string;
  description: string;
  /** Tokens. */
  contextWindow: number;
  maxOutputTokens: number;
  /** USD for a million tokens. */
  inputPriceUsd: number;
  outputPriceUsd: number;
  /** Shows its reasoning. */
  reasoning: boolean;
}

/** In the order in which clients list them. Each model shows a state or a temper that real ones have. */
export const mockModels: readonly MockModel[] = [
  mockModel('swift', 'Swift', 'Quick and to the point.', 0.05, 0.2),
  mockModel('sage', 'Sage', 'Takes its time, and answers at length, with headings, a table and code.', 1, 4),
  mockModel('poet', 'Poet', 'Sees the whimsical side of things, in several scripts.', 0.3, 1.2),
  mockModel('thinker', 'Thinker', 'Reasons first, in the open, then answers.', 0.5, 2, true),
  mockModel(
    'oracle',
    'Oracle',
    'Keeps you waiting for its first word, then reasons and answers with care.',
    3,
    12,
    true,
  ),
  mockModel(
    'faulty',
    'Faulty',
    'Fails before its first word; asked about "midway", in the middle of its answer.',
    0.1,
    0.4,
  ),
];

function mockModel(
  name: string,
  displayName: string,
  description: string,
  inputPriceUsd: number,
  outputPriceUsd: number,
  reasoning = false,
): MockModel {
  return {
    name,
    displayName,
    description,
    contextWindow: 32_000,
    maxOutputTokens: 4_096,
    inputPriceUsd,
    outputPriceUsd,
    reasoning,
  };
}

export interface MockOptions {
  /** How many times as fast as a real model: 1 (the default) is believable, Infinity does not wait at all. */
  pace?: number | undefined;
}

/**
 * Models that need no key, so that everything can be seen without one. Deterministic: the same model, system prompt and
 * messages give the same answer in the same pieces at the same pace. Tokens are counted by characters, on both sides.
 */
export function createMockModels({ pace = 1 }: MockOptions = {}): LanguageModel {
  return {
    async stream(request, onPart) {
      const script = scripts.get(request.model);
      if (!script) throw new ModelFailure('MODEL_NOT_FOUND', `There is no mock model "${request.model}".`);
      await perform(script, request, pace, new PartSink(request.signal, onPart));
    },
    async listModels() {
      return mockModels.map((model) => model.name);
    },
  };
}

interface Script {
  firstTokenMs: number;
  tokensPerSecond: number;
  write(subject: Subject): Draft;
}

interface Draft {
  reasoning?: string;
  answer: string;
  /** The failure that ends the answer, without a report of usage, as when a provider breaks down. */
  failure?: ModelFailure;
}

async function perform(script: Script, request: ModelRequest, pace: number, parts: PartSink) {
  const random = randomOf(request);
  const draft = restOfAnswer(script, request) ?? script.write(toSubject(request, random));
  const pieces = [...cut(draft.reasoning ?? '', 'reasoning', random), ...cut(draft.answer, 'text', random)];
  const spoken = { reasoning: 0, text: 0 };

  await wait((script.firstTokenMs * (0.8 + random() * 0.4)) / pace, request.signal);
  for (const piece of pieces) {
    spoken[piece.type] += piece.text.length;
    if (toTokens(spoken.reasoning) + toTokens(spoken.text) > request.maxOutputTokens) {
      spoken[piece.type] -= piece.text.length;
      parts.push({ type: 'usage', usage: toUsage(request, spoken) });
      return parts.push({ type: 'finish', reason: 'LENGTH' });
    }
    parts.push({ type: 'activity' });
    parts.push(piece);
    const meanMs = (1000 * piece.text.length) / (charactersPerToken * script.tokensPerSecond);
    await wait((meanMs * (0.4 + random() * 1.2)) / pace, request.signal);
  }
  if (draft.failure) throw draft.failure;
  parts.push({ type: 'usage', usage: toUsage(request, spoken) });
  parts.push({ type: 'finish', reason: 'STOP' });
}

/** The rest of a cut-off answer that the request continues; null: it continues none. */
function restOfAnswer(script: Script, request: ModelRequest): Draft | null {
  const messages = request.messages.slice(0, -2);
  const [said, last] = request.messages.slice(-2);
  if (!said || !last || textOf(last) !== GO_ON) return null;
  const before = { ...request, messages };
  const { answer, failure } = script.write(toSubject(before, randomOf(before)));
  const saidText = textOf(said);
  if (saidText.length >= answer.length || !answer.startsWith(saidText)) return null;
  return { answer: answer.slice(saidText.length), ...(failure && { failure }) };
}

/** The same request gets the same answer. */
function randomOf({ model, system, messages }: ModelRequest): () => number {
  return seededRandom(
    `${model}\n${system ?? ''}\n${JSON.stringify(messages.map((message) => ({ role: message.role, content: textOf(message) })))}`,
  );
}

/** Rejects as soon as the request is aborted, and leaves no timer behind. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) await delay(ms, undefined, { signal });
}

function toUsage({ system, messages }: ModelRequest, spoken: { reasoning: number; text: number }): TokenUsage {
  const read = messages.reduce((length, message) => length + textOf(message).length, system?.length ?? 0);
  return {
    inputTokens: toTokens(read),
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: toTokens(spoken.text),
    reasoningTokens: toTokens(spoken.reasoning),
  };
}

function toTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** Cuts a text into pieces of 2 to 7 characters, never inside a surrogate pair. */
function cut(text: string, type: 'reasoning' | 'text', random: () => number): { type: typeof type; text: string }[] {
  const characters = Array.from(text);
  const pieces = [];
  for (let start = 0; start < characters.length; ) {
    const end = start + 2 + Math.floor(random() * 6);
    pieces.push({ type, text: characters.slice(start, end).join('') });
    start = end;
  }
  return pieces;
}

/** mulberry32, seeded by a hash: numbers in [0, 1), the same for the same seed. */
function seededRandom(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The prompt's subject, as far as a script can tell without understanding it. */
interface Subject {
  prompt: string;
  /** The prompt's beginning on one line, safe inside Markdown. */
  title: string;
  /** Its longest words, at least one, in the order of the prompt; letters and digits only. */
  keywords: string[];
  words: number;
  isQuestion: boolean;
  /** The prompts before this one. */
  earlier: number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

function toSubject(request: ModelRequest, random: () => number): Subject {
  const prompt = textOf(request.messages.at(-1) as ModelMessage);
  const words = (prompt.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => Array.from(word).slice(0, 24).join(''));
  const distinct = [...new Map(words.map((word) => [word.toLowerCase(), word])).values()];
  const longest = new Set(distinct.toSorted((a, b) => b.length - a.length).slice(0, 4));
  return {
    prompt,
    title: words.slice(0, 12).join(' ') + (words.length > 12 ? ' …' : '') || 'this',
    keywords: longest.size > 0 ? distinct.filter((word) => longest.has(word)) : ['this'],
    words: words.length,
    isQuestion: /[?？]\s*$/.test(prompt),
    earlier: request.messages.filter(({ role }) => role === 'user').length - 1,
    pick: <T>(choices: readonly [T, ...T[]]) => choices[Math.floor(random() * choices.length)] ?? choices[0],
  };
}

const scripts: ReadonlyMap<string, Script> = new Map([
  ['swift', { firstTokenMs: 180, tokensPerSecond: 80, write: writeBriefly }],
  ['sage', { firstTokenMs: 900, tokensPerSecond: 25, write: writeAtLength }],
  ['poet', { firstTokenMs: 500, tokensPerSecond: 40, write: writeVerse }],
  ['thinker', { firstTokenMs: 400, tokensPerSecond: 60, write: writeReasoned }],
  ['oracle', { firstTokenMs: 5_000, tokensPerSecond: 15, write: writeReasoned }],
  ['faulty', { firstTokenMs: 300, tokensPerSecond: 50, write: writeFailing }],
]);

function writeBriefly({ title, keywords, isQuestion, earlier, pick }: Subject): Draft {
  const [first = 'this', ...others] = keywords;
  const opening = isQuestion
    ? pick(['In short: it depends on', 'The short answer turns on', 'It comes down to'])
    : pick(['Noted. The point is', 'Understood. What matters is', 'Right. Start with']);
  const rest = others.length > 0 ? `, then ${others.map((word) => `*${word}*`).join(' and ')}` : '';
  const memory =
    earlier > 0 ? ` You asked ${earlier === 1 ? 'once' : `${earlier} times`} before; this builds on that.` : '';
  return { answer: `${opening} **${first}**${rest}. That is all there is to “${title}”.${memory}` };
}

function writeAtLength({ title, keywords, words, earlier, pick }: Subject): Draft {
  const [first = 'this'] = keywords;
  const identifier =
    first
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .replace(/^[^a-z]*/, '') || 'subject';
  const rows = keywords.map(
    (word) => `| ${word} | ${Array.from(word).length} | ${pick(['central', 'supporting', 'open'])} |`,
  );
  const history =
    earlier > 0 ? `It is turn ${earlier + 1} of our conversation, so I take the earlier ones as read. ` : '';
  const answer = `## ${title}

${history}Your prompt has ${words} ${words === 1 ? 'word' : 'words'}, and ${pick(['most of its weight rests on', 'all of it leads back to'])} **${first}**. Let me take it apart.

### What it is made of

| Term | Letters | Role |
| --- | ---: | --- |
${rows.join('\n')}

### How to go about it

${keywords.map((word, index) => `${index + 1}. ${pick(['Settle what', 'Write down what', 'Ask who needs what'])} *${word}* ${pick(['means here', 'is to achieve', 'costs'])}.`).join('\n')}

- Change one thing at a time.
- ${pick(['Measure before and after.', 'Keep what works.', 'Prefer the plain way to the clever one.'])}

### As code

\`\`\`ts
interface ${identifier.charAt(0).toUpperCase()}${identifier.slice(1)} {
  terms: string[];
  settled: boolean;
}

export function next(${identifier}: ${identifier.charAt(0).toUpperCase()}${identifier.slice(1)}): string {
  const [term = '${identifier}'] = ${identifier}.terms;
  return ${identifier}.settled ? 'done' : \`settle \${term} first\`;
}
\`\`\`

> ${pick(['What is well asked is half answered.', 'Begin with the end.', 'The map is not the land.'])}

So much for ${first}; ask on, and I go deeper wherever you like.`;
  return { answer };
}

function writeVerse({ title, keywords, pick }: Subject): Draft {
  const endings = [
    '夜の雨 falls on the tiles',
    '春风 turns a page',
    '별 하나 winks at the harbour',
    'et la mer se tait',
  ];
  const first = pick([0, 1, 2, 3]);
  const lines = keywords.map((word, index) => {
    const opening = `${pick(['🌙', '🦊', '🍃', '👩‍🚀'])} ${pick(['A whisper of', 'Half a dream of', 'Three lanterns for'])}`;
    return `${opening} ${word}, ${endings[(first + index) % endings.length]},`;
  });
  const last = pick(['and the kettle hums the rest.', 'and nobody asked the moon.', 'and the cat knew all along.']);
  // Two spaces break a line in Markdown.
  return { answer: `*${title}*, you say? ✨\n\n${[...lines, last].join('  \n')} 🐈‍⬛` };
}

function writeReasoned({ title, keywords, words, isQuestion, pick }: Subject): Draft {
  const [first = 'this', second = first] = keywords;
  return {
    reasoning: `The prompt is “${title}”, ${words} ${words === 1 ? 'word' : 'words'}${isQuestion ? ', and a question' : ', and no question'}. What stands out is ${first}. ${pick(['Could I take it literally?', 'Is there a trap in it?', 'What would a careful reader want?'])} If ${first} holds, ${second} follows; if it does not, I should say so. I will answer for the first case and name the second.`,
    answer: `I take **${first}** as given.\n\n- If it holds, then ${second} ${pick(['follows', 'is within reach', 'is the next thing to settle'])}.\n- If not, “${title}” has to be asked anew.\n\n${pick(['I am fairly sure of the first.', 'The first seems likelier.', 'Both deserve a look.'])}`,
  };
}

function writeFailing(subject: Subject): Draft {
  if (!/\bmidway\b/i.test(subject.prompt)) {
    return {
      answer: '',
      failure: new ModelFailure('OVERLOADED', 'This mock model fails before its first word, on purpose.'),
    };
  }
  const answer = Array.from(writeAtLength(subject).answer);
  return {
    answer: answer.slice(0, answer.length / 2).join(''),
    failure: new ModelFailure('CONNECTION', 'This mock model breaks off midway, on purpose.'),
  };
}
