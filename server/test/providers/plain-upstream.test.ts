import './anthropic.test.ts';
import './google.test.ts';
import './openai.test.ts';
import './openai/chat-requests.test.ts';
import './openai/chat-tool-calls.test.ts';
import { plainFetch } from '../../src/providers/transport/plain-fetch.ts';
import { askedBy } from './asked-by.ts';

// The tests of the adapters once more, as with UPSTREAM=plain.
askedBy.fetch = plainFetch;
