import Anthropic from '@anthropic-ai/sdk';

const { POLYLOGUE_URL = 'http://localhost:3000', POLYLOGUE_API_KEY } = process.env;
const [prompt = 'What is the capital of France?', model = 'mock/swift'] = process.argv.slice(2);

const client = new Anthropic({ baseURL: POLYLOGUE_URL, apiKey: POLYLOGUE_API_KEY });

const stream = client.messages
  .stream({ model, max_tokens: 1024, messages: [{ role: 'user', content: prompt }] })
  .on('text', (text) => process.stdout.write(text));
const { usage } = await stream.finalMessage();
console.log(`\n\n${model}: ${usage.input_tokens} tokens in, ${usage.output_tokens} out`);
