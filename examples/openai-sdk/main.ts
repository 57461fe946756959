import OpenAI from 'openai';

const { POLYLOGUE_URL = 'http://localhost:3000', POLYLOGUE_API_KEY } = process.env;
const [prompt = 'What is the capital of France?', chosen] = process.argv.slice(2);

const client = new OpenAI({ baseURL: `${POLYLOGUE_URL}/v1`, apiKey: POLYLOGUE_API_KEY });

const models: string[] = [];
for await (const { id } of client.models.list()) models.push(id);
console.log(`Models: ${models.join(', ')}\n`);

const model = chosen ?? models[0];
if (!model) throw new Error('The server lists no model.');
const stream = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: prompt }],
  stream: true,
  stream_options: { include_usage: true },
});
for await (const { choices, usage } of stream) {
  process.stdout.write(choices[0]?.delta.content ?? '');
  if (usage) console.log(`\n\n${model}: ${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out`);
}
