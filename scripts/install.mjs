import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { root } from './run.mjs';
import { step } from './step.mjs';

const stamp = path.join(root, 'node_modules', '.polylogue-installed');

/** Installs the lockfile's packages if others are installed; otherwise it takes a few milliseconds. */
export async function ensureInstalled() {
  const wanted = fingerprint([
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'server/package.json',
    'web/package.json',
    'examples/package.json',
  ]);
  if (installed(wanted)) return;
  await withLock(async () => {
    if (installed(wanted)) return;
    const fresh = !existsSync(path.join(root, 'node_modules'));
    await step(`Installing packages${fresh ? ' (first time: about a minute)' : ''}`, installCommand(), {
      env: installEnvironment(),
      hint: 'Is the package registry within reach? What was fetched is kept: run the same command again to go on.',
    });
    writeFileSync(stamp, wanted);
  });
}

function installed(wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function installCommand() {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const version = packageManager.slice('pnpm@'.length);
  const pnpm = pnpmOnPath() === version ? 'pnpm' : `npx --yes pnpm@${version}`;
  // With NODE_ENV=production the tools that build must still be installed.
  return `${pnpm} install --frozen-lockfile --prefer-offline --prod=false --config.confirmModulesPurge=false`;
}

function pnpmOnPath() {
  // pnpm is asked outside the checkout and without a network, so that a wrapper does not fetch another version just to
  // answer.
  const answer = spawnSync('pnpm --version', {
    shell: true,
    cwd: tmpdir(),
    env: { ...process.env, COREPACK_ENABLE_NETWORK: '0', COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
    encoding: 'utf8',
    timeout: 10_000,
  });
  return answer.status === 0 ? answer.stdout.trim() : null;
}

function installEnvironment() {
  return {
    // npm hands its own arguments down in the environment, and a nested npx would take them for its own.
    npm_config_call: undefined,
    npm_config_package: undefined,
    npm_config_yes: undefined,
    NODE_ENV: undefined,
    // For npx and pnpm alike. Registries drop connections now and then: try five times over some 15 seconds.
    npm_config_fetch_retries: '4',
    npm_config_fetch_retry_factor: '2',
    npm_config_fetch_retry_mintimeout: '1000',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  };
}
