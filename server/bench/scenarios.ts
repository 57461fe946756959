import { setTimeout as delay } from 'node:timers/promises';
import { apps, type Bench, carry, end, endless, isApp, open, paced } from './carrying.ts';
import type { Contender, ContenderName } from './contenders.ts';
import { type Figures, median, perContender, ratio, withRatios } from './figures.ts';
import { files } from './files.ts';
import type { FirstTokens } from './load-client.ts';
import { ordinaryAnswer, unkindAnswers } from './page-texts.ts';
import type { Script } from './provider.ts';
import type { Over } from './target-client.ts';

export interface Scenario {
  contenders: readonly ContenderName[];
  round(bench: Bench): Promise<Figures>;
}

const brief: Script = { prefix: 3, count: 3, intervalMs: 0 };

export const scenarios: Record<string, Scenario> = {
  files: { contenders: ['app', 'baseline'], round: files },
  paced: {
    contenders: ['app', 'baseline', 'off', 'plain', 'pipe', 'nginx', 'naive'],
    async round(bench) {
      const figures = await perContender(bench, (contender) =>
        carry(bench, contender, paced, { connections: 100, models: 1 }),
      );
      return withRatios(figures, 'cpuPerDelta', ['pipe', 'naive']);
    },
  },
  'paced-sse': {
    contenders: ['app', 'baseline', 'off', 'plain', 'pipe', 'naive'],
    async round(bench) {
      const figures = await perContender(bench, (contender) =>
        carry(bench, contender, paced, { connections: 100, models: 1 }, { over: 'sse' }),
      );
      return withRatios(figures, 'cpuPerDelta', ['pipe', 'naive']);
    },
  },
  models: {
    contenders: ['app', 'baseline'],
    async round(bench) {
      const figures: Figures = {};
      for (const contender of bench.contenders) {
        for (const [models, connections] of [
          [1, 100],
          [4, 25],
          [8, 12],
        ] as const) {
          const { cpuPerDelta = 0 } = await carry(bench, contender, paced, { connections, models });
          figures[`${contender.name}.cpuPerDelta.${models}`] = cpuPerDelta;
        }
        ratio(figures, `${contender.name}.cpuPerDelta.4`, `${contender.name}.cpuPerDelta.1`);
        ratio(figures, `${contender.name}.cpuPerDelta.8`, `${contender.name}.cpuPerDelta.4`);
      }
      return figures;
    },
  },
  burst: {
    contenders: ['app', 'baseline', 'off', 'plain', 'pipe', 'nginx', 'naive'],
    round: (bench) => bursts(bench, 'ws'),
  },
  'burst-sse': {
    contenders: ['app', 'baseline', 'pipe', 'naive'],
    round: (bench) => bursts(bench, 'sse'),
  },
  'first-token': {
    contenders: ['app', 'baseline', 'pipe', 'naive'],
    async round(bench) {
      const figures = await perContender(bench, (contender) => firstTokens(bench, contender));
      for (const name of apps) ratio(figures, `${name}.overProvider`, `${name}.commit`);
      return figures;
    },
  },
  'first-token-busy': {
    contenders: ['app', 'baseline'],
    async round(bench) {
      const figures: Figures = {};
      for (const contender of bench.contenders) {
        const alone = await firstTokens(bench, contender);
        await open(bench, paced, { target: contender.target(), connections: 200, models: 1 });
        await bench.provider.call('go');
        const busy = await bench.profiled(contender, () => firstTokens(bench, contender));
        await end(bench);
        figures[`${contender.name}.alone`] = alone.overProvider ?? 0;
        figures[`${contender.name}.busy`] = busy.overProvider ?? 0;
        figures[`${contender.name}.commit`] = alone.commit ?? 0;
        ratio(figures, `${contender.name}.busy`, `${contender.name}.alone`);
        ratio(figures, `${contender.name}.busy`, `${contender.name}.commit`);
      }
      return figures;
    },
  },
  'chat-completions': {
    contenders: ['app'],
    async round(bench) {
      const figures: Figures = {};
      for (const contender of bench.contenders) {
        const { name } = contender;
        for (const over of bench.alternate(['sse', 'chat'] as const)) {
          const load = { connections: 100, models: 1 };
          const { cpuPerDelta = 0 } = await carry(bench, contender, paced, load, { over });
          figures[`${name}.cpuPerDelta.${over}`] = cpuPerDelta;
        }
        for (const over of bench.alternate(['ws', 'chat'] as const)) {
          const { overProvider = 0 } = await firstTokens(bench, contender, { over });
          figures[`${name}.firstToken.${over}`] = overProvider;
        }
        ratio(figures, `${name}.cpuPerDelta.chat`, `${name}.cpuPerDelta.sse`);
        ratio(figures, `${name}.firstToken.chat`, `${name}.firstToken.ws`);
      }
      return figures;
    },
  },
  // The naive one is left out: it falls behind so far that it does not come to answer the probe any more.
  thousand: {
    contenders: ['app', 'baseline', 'pipe', 'nginx'],
    async round(bench) {
      const figures = await perContender(bench, (contender) =>
        carry(bench, contender, paced, { connections: 1000, models: 1 }, { lag: true }),
      );
      return withRatios(figures, 'loopLag', ['pipe']);
    },
  },
  memory: { contenders: [], round: memory },
  conversations: {
    contenders: ['app', 'baseline'],
    async round(bench) {
      const figures: Figures = {};
      const lengths = bench.quick ? [10, 100] : [10, 100, 1000];
      for (const contender of bench.contenders) {
        const name = (turns: number) => `${contender.name}.firstToken.${turns}`;
        for (const turns of lengths) {
          const parentTurnId = await bench.once(name(turns), async () => {
            await bench.provider.call('script', { prefix: 40, count: 40, intervalMs: 0 } satisfies Script);
            return bench.client.call('converse', { target: contender.target(), turns });
          });
          const { overProvider = 0 } = await firstTokens(bench, contender, { parentTurnId });
          figures[name(turns)] = overProvider;
        }
        for (const turns of lengths.slice(1)) ratio(figures, name(turns), name(10));
      }
      return figures;
    },
  },
  growth: {
    contenders: ['app', 'baseline'],
    async round(bench) {
      const figures: Figures = {};
      for (const contender of bench.contenders) {
        for (const prefix of [500, 5000]) {
          const load = { connections: 100, models: 1 };
          const { cpuPerDelta = 0 } = await carry(bench, contender, { ...paced, prefix }, load);
          figures[`${contender.name}.cpuPerDelta.${prefix}`] = cpuPerDelta;
        }
        ratio(figures, `${contender.name}.cpuPerDelta.5000`, `${contender.name}.cpuPerDelta.500`);
      }
      return figures;
    },
  },
  admission: {
    contenders: ['app', 'baseline'],
    round: (bench) =>
      perContender(bench, async (contender) => {
        await bench.provider.call('script', brief);
        const cpu = await contender.cpu();
        const databaseCpu = bench.databaseCpu();
        const target = contender.target();
        const seconds = bench.quick ? 3 : 8;
        const promptsPerSecond = await bench.profiled(contender, () =>
          bench.client.call('admit', { target, connections: 16, seconds }),
        );
        await delay(500);
        const prompts = promptsPerSecond * seconds;
        const databaseAfter = bench.databaseCpu();
        return {
          promptsPerSecond,
          cpuPerPrompt: ((await contender.cpu()) - cpu) / prompts,
          ...(databaseAfter !== null && { databaseCpuPerPrompt: (databaseAfter - (databaseCpu ?? 0)) / prompts }),
        };
      }),
  },
  page: { contenders: ['web', 'web-baseline'], round: (bench) => perContender(bench, (web) => pages(bench, web)) },
  readers: {
    contenders: ['app', 'baseline'],
    async round(bench) {
      const figures: Figures = {};
      for (const contender of bench.contenders) {
        const { name } = contender;
        const many = await carry(bench, contender, paced, { connections: 100, models: 1 });
        const shared = await carry(bench, contender, paced, { connections: 100, models: 1, shared: true });
        figures[`${name}.cpuShare.hundredResponses`] = many.cpuShare ?? 0;
        figures[`${name}.cpuShare.hundredReaders`] = shared.cpuShare ?? 0;
        ratio(figures, `${name}.cpuShare.hundredReaders`, `${name}.cpuShare.hundredResponses`);
      }
      return figures;
    },
  },
};

async function bursts(bench: Bench, over: 'ws' | 'sse'): Promise<Figures> {
  const figures = await perContender(bench, (contender) =>
    carry(bench, contender, endless, { connections: 50, models: 1 }, { over }),
  );
  return withRatios(figures, 'deltasPerCoreSecond', ['pipe', 'naive']);
}

/** A page of ten turns with four answers each, the page where one signs in, and one that is not there. */
async function pages(bench: Bench, contender: Contender): Promise<Figures> {
  const target = contender.target();
  const stranger = { ...target, cookies: [] };
  const count = bench.quick ? 20 : 60;
  const figures: Figures = {};
  const measure = async (name: string, path: string, { as = target, status = 200 } = {}) => {
    await bench.client.call('openPages', { target: as, path, status, count: 40 });
    const before = await contender.cpu();
    const open = () => bench.client.call('openPages', { target: as, path, status, count });
    const bytes = (await bench.profiled(contender, open, name)) as number;
    figures[`cpuPerPage.${name}`] = ((await contender.cpu()) - before) / count;
    figures[`kilobytes.${name}`] = bytes / 1024;
  };
  await measure('sign-in', '/sign-in', { as: stranger });
  await measure('not-found', '/nothing/here', { as: stranger, status: 404 });
  await measure('ordinary', await pageWith(bench, contender, [ordinaryAnswer]));
  await measure('unkind', await pageWith(bench, contender, unkindAnswers));
  return figures;
}

/** The path of a conversation of ten turns with four models, whose answers are these texts in turn. */
function pageWith({ once, provider, client }: Bench, contender: Contender, texts: readonly string[]): Promise<string> {
  const target = contender.target();
  return once(`page ${contender.name} ${texts.length}`, async () => {
    await provider.call('script', { prefix: 1, intervalMs: 0, texts: [...texts] } satisfies Script);
    const turnId = await client.call('converse', { target, turns: 10, models: 4 });
    return client.call('pageOf', { target, turnId });
  });
}

/** Medians, in milliseconds. */
async function firstTokens(
  bench: Bench,
  contender: Contender,
  { over = 'ws', parentTurnId }: { over?: Over; parentTurnId?: string } = {},
): Promise<Figures> {
  await bench.provider.call('script', brief);
  const request: FirstTokens = {
    target: contender.target(over),
    provider: bench.provider.url,
    databaseUrl: isApp(contender) ? bench.databaseUrlOf(contender.name) : null,
    count: bench.quick ? 30 : 100,
    ...(parentTurnId && { parentTurnId }),
  };
  // A server that has just been started has not been compiled yet where it matters.
  await bench.once(`warm first tokens of ${contender.name} ${over}`, () =>
    bench.client.call('firstTokens', { ...request, count: 300 }),
  );
  const times = (await bench.client.call('firstTokens', request)) as Record<string, number[]>;
  const target = median(times.target ?? []);
  const provider = median(times.provider ?? []);
  const commit = median(times.commit ?? []);
  const asked = median(times.asked ?? []);
  return {
    overProvider: target - provider,
    provider,
    ...(isApp(contender) ? { untilAdmitted: asked } : {}),
    ...(Number.isNaN(commit) ? {} : { commit }),
  };
}

/** In kilobytes for each connection; in processes of their own, because what was used before is not given back. */
async function memory(bench: Bench): Promise<Figures> {
  const figures: Figures = {};
  const connections = bench.quick ? 300 : 1000;
  for (const name of ['app', 'baseline', 'pipe'] as const) {
    for (const kind of ['idle', 'active'] as const) {
      const contender = await bench.fresh(name);
      if (!contender) continue;
      await carrySlowly(bench, contender, 100, async () => {});
      const atRest = await settledBytes(contender);
      const measure = async () => {
        figures[`${name}.${kind}`] = ((await settledBytes(contender)) - atRest) / connections / 1024;
      };
      if (kind === 'idle') {
        await bench.client.call('openIdle', { target: contender.target(), connections });
        await measure();
        await bench.client.call('close');
      } else await carrySlowly(bench, contender, connections, measure);
      await contender.stop();
    }
  }
  return withRatios(withRatios(figures, 'idle', ['pipe']), 'active', ['pipe']);
}

async function carrySlowly(bench: Bench, contender: Contender, connections: number, meanwhile: () => Promise<void>) {
  const slowly: Script = { prefix: 1, intervalMs: 200, hold: true };
  await open(bench, slowly, { target: contender.target(), connections, models: 1 });
  await bench.provider.call('go');
  await delay(2000);
  await meanwhile();
  await end(bench);
}

/** What was used before is given back bit by bit, over seconds. */
async function settledBytes(contender: Contender): Promise<number> {
  let bytes = await contender.residentBytes();
  for (let look = 0; look < 10; look++) {
    await delay(700);
    const now = await contender.residentBytes();
    if (Math.abs(now - bytes) < 256 * 1024) return now;
    bytes = now;
  }
  return bytes;
}
