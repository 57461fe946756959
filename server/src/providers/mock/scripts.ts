import { ModelFailure } from '../../ports/language-model.ts';

export interface Script {
  firstTokenMs: number;
  tokensPerSecond: number;
  write(subject: Subject): Writing;
}

/** What a model would write if it were asked nothing beside the conversation. */
export interface Writing {
  reasoning?: string;
  answer: string;
  /** The failure that ends the answer, without a report of usage, as when a provider breaks down. */
  failure?: ModelFailure;
}

/** The prompt's subject, as far as a script can tell without understanding it. */
export interface Subject {
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

export function toSubject({ prompt, earlier }: Pick<Subject, 'prompt' | 'earlier'>, random: () => number): Subject {
  const words = (prompt.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => Array.from(word).slice(0, 24).join(''));
  const distinct = [...new Map(words.map((word) => [word.toLowerCase(), word])).values()];
  const longest = new Set(distinct.toSorted((a, b) => b.length - a.length).slice(0, 4));
  return {
    prompt,
    title: words.slice(0, 12).join(' ') + (words.length > 12 ? ' …' : '') || 'this',
    keywords: longest.size > 0 ? distinct.filter((word) => longest.has(word)) : ['this'],
    words: words.length,
    isQuestion: /[?？]\s*$/.test(prompt),
    earlier,
    pick: <T>(choices: readonly [T, ...T[]]) => choices[Math.floor(random() * choices.length)] ?? choices[0],
  };
}

/** By the names of the models. */
export const scripts: ReadonlyMap<string, Script> = new Map([
  ['swift', { firstTokenMs: 180, tokensPerSecond: 80, write: writeBriefly }],
  ['sage', { firstTokenMs: 900, tokensPerSecond: 25, write: writeAtLength }],
  ['poet', { firstTokenMs: 500, tokensPerSecond: 40, write: writeVerse }],
  ['thinker', { firstTokenMs: 400, tokensPerSecond: 60, write: writeReasoned }],
  ['oracle', { firstTokenMs: 5_000, tokensPerSecond: 15, write: writeReasoned }],
  ['faulty', { firstTokenMs: 300, tokensPerSecond: 50, write: writeFailing }],
]);

function writeBriefly({ title, keywords, isQuestion, earlier, pick }: Subject): Writing {
  const [first = 'this', ...others] = keywords;
  const opening = isQuestion
    ? pick(['In short: it depends on', 'The short answer turns on', 'It comes down to'])
    : pick(['Noted. The point is', 'Understood. What matters is', 'Right. Start with']);
  const rest = others.length > 0 ? `, then ${others.map((word) => `*${word}*`).join(' and ')}` : '';
  const memory =
    earlier > 0 ? ` You asked ${earlier === 1 ? 'once' : `${earlier} times`} before; this builds on that.` : '';
  return { answer: `${opening} **${first}**${rest}. That is all there is to “${title}”.${memory}` };
}

function writeAtLength({ title, keywords, words, earlier, pick }: Subject): Writing {
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

function writeVerse({ title, keywords, pick }: Subject): Writing {
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

function writeReasoned({ title, keywords, words, isQuestion, pick }: Subject): Writing {
  const [first = 'this', second = first] = keywords;
  return {
    reasoning: `The prompt is “${title}”, ${words} ${words === 1 ? 'word' : 'words'}${isQuestion ? ', and a question' : ', and no question'}. What stands out is ${first}. ${pick(['Could I take it literally?', 'Is there a trap in it?', 'What would a careful reader want?'])} If ${first} holds, ${second} follows; if it does not, I should say so. I will answer for the first case and name the second.`,
    answer: `I take **${first}** as given.\n\n- If it holds, then ${second} ${pick(['follows', 'is within reach', 'is the next thing to settle'])}.\n- If not, “${title}” has to be asked anew.\n\n${pick(['I am fairly sure of the first.', 'The first seems likelier.', 'Both deserve a look.'])}`,
  };
}

function writeFailing(subject: Subject): Writing {
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
