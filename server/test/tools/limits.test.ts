import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GrantStore, ToolGrant } from '../../src/ports/tool-server.ts';
import { withGrant } from '../../src/tools/mcp/grant/granted-fetch.ts';
import { Pace } from '../../src/tools/mcp/pace.ts';
import { pacedFetch } from '../../src/tools/mcp/paced-fetch.ts';
import { RetryWaits } from '../../src/tools/mcp/retry-waits.ts';

it('what is paced happens often for a while, and seldom in the long run', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 100 }), (times, burst, eachMs) => {
      const pace = new Pace(burst, eachMs);
      let now = 0;
      const starts = times.map((gap) => {
        now += gap;
        return now + pace.take(now);
      });
      expect(starts.slice(0, burst)).toEqual(times.slice(0, burst).map((_gap, index) => sum(times, index)));
      for (const [index, start] of starts.entries()) {
        const later = starts.filter((one, other) => other >= index && one - start <= 10 * eachMs).length;
        expect(later).toBeLessThanOrEqual(burst + 10 + 1);
      }
    }),
  );
});

const sum = (numbers: readonly number[], last: number) =>
  numbers.slice(0, last + 1).reduce((total, number) => total + number, 0);

it('a server that ends each stream at once is asked for the next one after longer waits, and other requests go on', async () => {
  const asked: string[] = [];
  const waits: number[] = [];
  const answer: typeof fetch = async (_url, init) => {
    asked.push(String(init?.method));
    return new Response();
  };
  const ask = pacedFetch(answer, 1000, async (ms, _value, { signal }) => {
    signal?.throwIfAborted();
    waits.push(ms);
  });
  for (let stream = 0; stream < 13; stream++) await ask('http://tool.example/', { method: 'GET' });
  expect(waits.map((ms) => Math.ceil(ms / 1000))).toEqual([1, 2, 3]);
  await ask('http://tool.example/', { method: 'POST' });
  expect(asked.filter((method) => method === 'POST')).toHaveLength(1);
  expect([asked.length, waits.length]).toEqual([14, 3]);
  const closed = { method: 'GET', signal: AbortSignal.abort(new Error('closed')) };
  await expect(ask('http://tool.example/', closed)).rejects.toThrow('closed');
});

it('a server whose sessions end at once is waited for longer each time, until one lasts', () => {
  const waits = new RetryWaits(1000);
  expect([waits.next(null), waits.next(10), waits.next(200), waits.next(null)]).toEqual([2000, 4000, 8000, 16_000]);
  expect([waits.next(60_000), waits.next(0)]).toEqual([1000, 2000]);
  expect(Array.from({ length: 20 }, () => waits.next(5)).at(-1)).toBe(60_000);
});

const grant = (token: string | null): ToolGrant => ({
  client: { client_id: 'house' },
  tokens: token === null ? null : { access_token: token, refresh_token: `refresh-${token}`, token_type: 'bearer' },
  discovery: { authorizationServerUrl: 'https://sign-in.example' },
});

it('an access that another process renews between the look at it and the claim is not renewed again', async () => {
  let kept = grant('old');
  const written: ToolGrant[] = [];
  const store: GrantStore = {
    read: async () => kept,
    async write() {},
    async writeRenewed(one) {
      written.push(one);
    },
    async claimRenewal() {
      kept = grant('new');
      return true;
    },
  };
  const asked: string[] = [];
  const ask = withGrant(
    async (url, init) => {
      const token = new Headers(init?.headers).get('authorization');
      asked.push(`${new URL(String(url)).host} ${token}`);
      return new Response(null, { status: token === 'Bearer new' ? 200 : 401 });
    },
    'https://tool.example/mcp',
    store,
  );
  expect((await ask('https://tool.example/mcp')).status).toBe(200);
  expect(asked).toEqual(['tool.example Bearer old', 'tool.example Bearer new']);
  // The claim is given back.
  expect(written).toEqual([grant('new')]);
});
