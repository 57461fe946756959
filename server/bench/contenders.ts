import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, cpuOfProcess, findProgram, residentBytes, start } from './processes.ts';
import type { Over, Target } from './target-client.ts';

export const contenderNames = [
  'app',
  'baseline',
  'off',
  'plain',
  'web',
  'web-baseline',
  'pipe',
  'nginx',
  'naive',
] as const;
/**
 * `app`: as it is built. `baseline`: another build of it, named by --baseline. `off`: the app with FAST_PATH=off.
 * `plain`: with UPSTREAM=plain. `web` and `web-baseline`: the first two builds with the pages. The rest is what they are measured against.
 */
export type ContenderName = (typeof contenderNames)[number];

/** A running process between the provider and the load client. */
export interface Contender {
  name: ContenderName;
  target(over?: Over): Target;
  /** Microseconds so far. */
  cpu(): Promise<number>;
  /** After a garbage collection. */
  residentBytes(): Promise<number>;
  /** The process's own probe; none in nginx. */
  probe: Child | null;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  provider: string;
  /** One for each app. Null: PGlite, in a folder that goes when the contender stops. */
  databaseUrlOf(name: ContenderName): string | null;
  /** What is started, by the name of the contender: `main.js` of a build. */
  builds: { app: string; baseline: string | null; web: string; webBaseline: string | null };
}

const probe = join(import.meta.dirname, 'probe.mjs');
const members = 10;

export async function startContender(name: ContenderName, options: ContenderOptions): Promise<Contender | null> {
  switch (name) {
    case 'app':
      return startApp(name, options.builds.app, options);
    case 'baseline':
      return options.builds.baseline ? startApp(name, options.builds.baseline, options) : null;
    case 'off':
      return startApp(name, options.builds.app, options, { FAST_PATH: 'off' });
    case 'plain':
      return startApp(name, options.builds.app, options, { UPSTREAM: 'plain' });
    case 'web':
      return startApp(name, options.builds.web, options);
    case 'web-baseline':
      return options.builds.webBaseline ? startApp(name, options.builds.webBaseline, options) : null;
    case 'nginx':
      return startNginx(options);
    default: {
      const file = join(import.meta.dirname, `${name}.ts`);
      const command = [process.execPath, '--import', 'tsx', '--import', probe, file, options.provider];
      const child = await start(command, { measured: true, env: { ...process.env, NODE_ENV: 'production' } });
      const kind = name === 'pipe' ? 'raw' : name;
      return toContender(name, child, (over) => (kind === 'naive' && over === 'sse' ? 'naive-sse' : kind));
    }
  }
}

function toContender(
  name: ContenderName,
  child: Child,
  kindOver: (over: Over) => Target['kind'],
  cookies: string[] = [],
): Contender {
  return {
    name,
    target: (over = 'ws') => ({ kind: kindOver(over), url: child.url, cookies }),
    cpu: () => child.call('cpu'),
    residentBytes: async () => (await child.call('memory')).rss,
    probe: child,
    stop: () => child.stop(),
  };
}

async function startApp(
  name: ContenderName,
  build: string,
  { provider, databaseUrlOf }: ContenderOptions,
  more: NodeJS.ProcessEnv = {},
): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-bench-'));
  writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(catalogue(provider)));
  const { PATH, HOME, TMPDIR } = process.env;
  const databaseUrl = databaseUrlOf(name);
  const env = {
    PATH,
    HOME,
    TMPDIR,
    NODE_ENV: 'production',
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    CATALOGUE_FILE: join(folder, 'catalogue.json'),
    AUTH_SECRET: 'a secret that is long enough for a benchmark',
    LOG_LEVEL: 'warn',
    MOCK_PROVIDER: 'off',
    SIGN_UP: 'open',
    RUNNING_RESPONSES_MAX: '100000',
    CONNECTIONS_PER_ADDRESS_MAX: '100000',
    RUNNING_RESPONSES_PER_MEMBER_MAX: '100000',
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    ...more,
  };
  mkdirSync(env.DATA_DIR);
  const child = await start([process.execPath, '--import', probe, build], { measured: true, env });
  const cookies = await signIn(child.url);
  const contender = toContender(name, child, (over) => (over === 'ws' ? 'app' : `app-${over}`), cookies);
  return {
    ...contender,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Models that cost something, and limits that no load reaches. */
export function catalogue(provider: string) {
  return {
    providers: [{ id: 'bench', name: 'Bench', kind: 'openai-compatible', baseURL: `${provider}/v1` }],
    models: Array.from({ length: 8 }, (_, index) => ({
      id: `bench/model-${index}`,
      name: `Model ${index}`,
      minimumTier: 'FREE',
      contextWindow: 100_000_000,
      maxOutputTokens: 4096,
      inputPriceUsd: 1,
      outputPriceUsd: 4,
    })),
    tiers: {
      FREE: {
        promptsPerMinute: 100_000,
        modelsPerPrompt: 8,
        maxOutputTokens: 4096,
        monthlyCredits: 1_000_000_000_000,
      },
    },
  };
}

/** The same members in every run on a database: whoever cannot sign up is there already. */
export async function signIn(url: string): Promise<string[]> {
  return Promise.all(
    Array.from({ length: members }, async (_, index) => {
      const account = { email: `member-${index}@example.org`, password: 'correct horse battery staple' };
      const enter = (way: string, body: object) =>
        fetch(`${url}/api/auth/${way}/email`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      let response = await enter('sign-up', { ...account, name: `Member ${index}` });
      if (!response.ok) response = await enter('sign-in', account);
      if (!response.ok) throw new Error(`Signing in: ${response.status} ${await response.text()}`);
      return response.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';', 1)[0])
        .join('; ');
    }),
  );
}

async function startNginx({ provider }: ContenderOptions): Promise<Contender | null> {
  const program = findProgram('nginx');
  if (!program) return null;
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-nginx-'));
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const url = `http://127.0.0.1:${port}`;
  const { host } = new URL(provider);
  const configuration = `
    daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 8192; }
    http {
      access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      upstream provider { server ${host}; keepalive 1024; }
      server {
        listen 127.0.0.1:${port} backlog=4096; keepalive_requests 1000000;
        location / {
          proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off;
        }
      }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const child = await start(
    [program, '-e', join(folder, 'error.log'), '-p', folder, '-c', join(folder, 'nginx.conf')],
    {
      measured: true,
      url,
    },
  );
  for (let attempt = 0; attempt < 50; attempt++) {
    if (
      await fetch(`${url}/v1/models`).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    name: 'nginx',
    target: () => ({ kind: 'raw', url, cookies: [] }),
    cpu: async () => cpuOfProcess(child.pid),
    residentBytes: async () => residentBytes(child.pid),
    probe: null,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
