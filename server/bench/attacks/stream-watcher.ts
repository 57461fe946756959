import { request } from 'node:http';
import { serve } from '../processes.ts';
import { openSocket } from '../web-socket.ts';

/** Streams that are followed while the server is attacked, in a process of their own. */
export interface WatchedStreams {
  url: string;
  cookie: string;
  turnIds: string[];
}

const follow = /* GraphQL */ `
  subscription ($turnId: ID!) {
    streamResponse(turnId: $turnId) { __typename ... on TextDelta { offset text } }
  }
`;

let longestGapMs = 0;
let lost = 0;
/** Of each stream, when something of it came last. */
const lastAt: number[] = [];

/** Notes that something of a stream has come. */
function createNote(): () => void {
  const stream = lastAt.push(performance.now()) - 1;
  return () => {
    noteGap(stream);
    lastAt[stream] = performance.now();
  };
}

function noteGap(stream: number): void {
  longestGapMs = Math.max(longestGapMs, performance.now() - (lastAt[stream] as number));
}

serve({
  async open({ url, cookie, turnIds }: WatchedStreams) {
    for (const [index, turnId] of turnIds.entries()) {
      await (index % 2 === 0 ? followBySocket : followByEvents)(url, cookie, turnId);
    }
  },
  reset() {
    longestGapMs = 0;
  },
  seen() {
    // Some may be waiting still.
    for (const stream of lastAt.keys()) noteGap(stream);
    return { longestGapMs, lost };
  },
});

async function followBySocket(url: string, cookie: string, turnId: string): Promise<void> {
  const note = createNote();
  const socket = await openSocket(`${url}/graphql`, { cookie }, (payload) => {
    const text = payload.toString('latin1');
    if (text.includes('"connection_ack"')) {
      socket.send({ id: turnId, type: 'subscribe', payload: { query: follow, variables: { turnId } } });
    } else if (text.includes('"ping"')) socket.send({ type: 'pong' });
    else if (text.includes('TextDelta')) note();
    else if (text.includes('"complete"')) lost += 1;
  });
  socket.send({ type: 'connection_init' });
}

function followByEvents(url: string, cookie: string, turnId: string): Promise<void> {
  const note = createNote();
  const content = JSON.stringify({ query: follow, variables: { turnId } });
  const headers = { cookie, accept: 'text/event-stream', 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/graphql`, { method: 'POST', agent: false, headers }, (response) => {
      response.on('data', (chunk: Buffer) => chunk.includes('TextDelta') && note());
      response.once('close', () => {
        lost += 1;
      });
      resolve();
    });
    asked.once('error', reject).end(content);
  });
}

console.log('http://nowhere');
