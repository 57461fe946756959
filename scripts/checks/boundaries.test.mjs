import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../run.mjs';

// A small copy of the house with one file for each rule, as `file: imports`. The rules are the real ones.
const allowed = {
  'server/src/main.ts': [
    './app.ts',
    './config/settings.ts',
    './graphql/turn.ts',
    './providers/openai/openai.ts',
    './database/turns.ts',
  ],
  'server/src/app.ts': ['./graphql/turn.ts', './http/health.ts', './http/auth/auth.ts', './domain/domain.ts'],
  'server/src/config/settings.ts': ['./credentials.ts', '../domain/catalogue/catalogue.ts'],
  'server/src/command/admin.ts': ['../app.ts', '../config/settings.ts'],
  'server/src/config/credentials.ts': [
    '../domain/catalogue/catalogue.ts',
    '../providers/providers.ts',
    'type ../providers/openai/openai.ts',
    'type ../ports/language-model.ts',
  ],
  'server/src/graphql/turn.ts': [
    './ground/builder.ts',
    '../domain/asking/prompt.ts',
    'type ../ports/language-model.ts',
  ],
  'server/src/graphql/ground/builder.ts': ['../limits/answer-budget.ts', '../../domain/ground/errors.ts'],
  'server/src/graphql/limits/answer-budget.ts': [],
  'server/src/graphql/delivery/server.ts': ['../turn.ts', '../ground/builder.ts', '../limits/answer-budget.ts'],
  'server/src/http/health.ts': ['../domain/domain.ts', 'type ../ports/language-model.ts'],
  'server/src/http/auth/auth.ts': ['../health.ts', '../../domain/people/members.ts'],
  'server/src/domain/domain.ts': ['./asking/prompt.ts', './ground/errors.ts'],
  'server/src/domain/asking/prompt.ts': [
    '../conversations/title.ts',
    '../people/members.ts',
    '../../ports/language-model.ts',
    '../../database/turns.ts',
    'declared',
  ],
  'server/src/domain/following/reader.ts': ['../answering/journal.ts'],
  'server/src/domain/conversations/title.ts': ['../answering/journal.ts', '../ground/errors.ts'],
  'server/src/domain/people/members.ts': ['../money/credits.ts'],
  'server/src/domain/answering/journal.ts': ['../money/credits.ts', '../catalogue/catalogue.ts'],
  'server/src/domain/money/credits.ts': ['../catalogue/catalogue.ts'],
  'server/src/domain/ground/tiers.ts': [],
  'server/src/domain/catalogue/catalogue.ts': ['../ground/errors.ts'],
  'server/src/domain/ground/errors.ts': [],
  'server/src/database/turns.ts': ['./database.ts', './connection/open.ts'],
  'server/src/database/connection/open.ts': ['../database.ts', '../migrations/0000.ts'],
  'server/src/database/migrations/0000.ts': [],
  'server/src/database/database.ts': [],
  'server/src/providers/openai/openai.ts': [
    '../model-parts.ts',
    '../transport/event-stream.ts',
    '../failures/provider-error.ts',
    '../../ports/language-model.ts',
  ],
  'server/src/providers/google/google.ts': [],
  'server/src/providers/openai/descriptor.ts': ['type ../descriptor.ts'],
  'server/src/providers/descriptor.ts': ['type ../domain/ground/tiers.ts'],
  'server/src/providers/providers.ts': ['./openai/descriptor.ts'],
  'server/src/providers/model-parts.ts': ['../ports/language-model.ts'],
  'server/src/providers/transport/event-stream.ts': ['../failures/provider-error.ts'],
  'server/src/providers/failures/provider-error.ts': ['../../ports/language-model.ts', '../providers.ts'],
  'server/src/ports/language-model.ts': [],
  'server/test/api.test.ts': ['../src/database/turns.ts', '../src/main.ts', 'tool'],
  'web/server.ts': ['@polylogue/server'],
  'web/app/root.tsx': ['./ui/button.tsx', './conversation/arena/lane.tsx'],
  'web/app/routes/chat.tsx': ['../conversation/page.tsx', '../frame/sidebar.tsx', '../graphql/client.ts'],
  'web/app/frame/sidebar.tsx': ['../graphql/client.ts', '../ui/button.tsx'],
  'web/app/conversation/page.tsx': ['./arena/lane.tsx', '../frame/sidebar.tsx'],
  'web/app/conversation/arena/lane.tsx': ['../composer/composer.tsx', '../../graphql/client.ts'],
  'web/app/conversation/composer/composer.tsx': ['../turns/turns.ts', '../../ui/button.tsx'],
  'web/app/conversation/turns/turns.ts': ['../answer/answer.tsx'],
  'web/app/conversation/answer/answer.tsx': [],
  'web/app/credits/meter.tsx': [],
  'web/app/graphql/client.ts': ['type @polylogue/server'],
  'web/app/ui/button.tsx': ['./browser/copy.ts'],
  'web/app/ui/browser/copy.ts': [],
  'web/e2e/chat.test.ts': ['../../server/src/domain/asking/prompt.ts'],
  'server/src/providers/transport/upstream-fetch.ts': [],
  'examples/embed/server.ts': ['@polylogue/server', './page.ts'],
  'examples/embed/page.ts': [],
  'examples/typed-client/codegen.ts': ['tool'],
};

const forbidden = {
  'server/src/domain/a.ts': { './b.ts': 'no-circular' },
  'server/src/domain/b.ts': { './a.ts': 'no-circular' },
  'server/src/domain/x.ts': {
    '../graphql/turn.ts': 'domain',
    '../http/health.ts': 'domain',
    '../providers/openai/openai.ts': 'domain',
    '../app.ts': 'domain rooms-are-not-passages',
    '../../test/api.test.ts': 'domain nothing-imports-tests',
    './gone.ts': 'resolvable',
    undeclared: 'declared',
    tool: 'no-tools-at-run-time',
  },
  'server/src/domain/ground/x.ts': { '../catalogue/catalogue.ts': 'domain-ground' },
  'server/src/domain/catalogue/x.ts': { '../money/credits.ts': 'domain-catalogue' },
  'server/src/domain/money/x.ts': { '../answering/journal.ts': 'domain-money' },
  'server/src/domain/answering/x.ts': {
    '../following/reader.ts': 'domain-answering',
    '../asking/prompt.ts': 'domain-answering',
  },
  'server/src/domain/following/x.ts': { '../conversations/title.ts': 'domain-following' },
  'server/src/domain/conversations/x.ts': {
    '../people/members.ts': 'domain-conversations',
    '../asking/prompt.ts': 'domain-conversations',
  },
  'server/src/domain/people/x.ts': { '../following/reader.ts': 'domain-people' },
  'server/src/domain/asking/x.ts': { '../domain.ts': 'domain-asking' },
  'server/src/config/x.ts': { '../database/turns.ts': 'config', '../app.ts': 'config rooms-are-not-passages' },
  'server/src/ports/x.ts': { '../domain/ground/errors.ts': 'ports', '../database/turns.ts': 'ports' },
  'server/src/database/x.ts': { '../domain/ground/errors.ts': 'database', '../ports/language-model.ts': 'database' },
  'server/src/database/connection/x.ts': { '../turns.ts': 'database-connection' },
  'server/src/database/migrations/x.ts': { '../database.ts': 'database-migrations' },
  'server/src/providers/x.ts': { '../domain/ground/errors.ts': 'providers', '../database/turns.ts': 'providers' },
  'server/src/providers/openai/x.ts': { '../google/google.ts': 'providers-are-apart' },
  'server/src/providers/google/descriptor.ts': { './google.ts': 'providers-descriptors' },
  'server/src/providers/transport/x.ts': {
    '../model-parts.ts': 'providers-transport',
    '../openai/openai.ts': 'providers-transport',
  },
  'server/src/providers/mock/x.ts': { '../transport/upstream-fetch.ts': 'providers-transport-door' },
  'server/src/providers/failures/x.ts': { '../transport/event-stream.ts': 'providers-failures' },
  'server/src/graphql/x.ts': {
    '../database/turns.ts': 'graphql',
    '../providers/openai/openai.ts': 'graphql',
    '../http/health.ts': 'graphql',
    '../ports/language-model.ts': 'ports-as-types',
    './delivery/server.ts': 'graphql-delivery',
  },
  'server/src/graphql/ground/x.ts': { '../turn.ts': 'graphql-ground' },
  'server/src/graphql/limits/x.ts': { '../ground/builder.ts': 'graphql-limits' },
  'server/src/http/x.ts': {
    '../graphql/turn.ts': 'http',
    '../database/turns.ts': 'http',
    '../ports/language-model.ts': 'ports-as-types',
    './auth/auth.ts': 'http-auth',
  },
  'server/src/y.ts': {
    './main.ts': 'nothing-imports-main',
    './command/admin.ts': 'nothing-imports-command',
    '../../web/app/ui/button.tsx': 'server-without-web',
  },
  'web/app/conversation/x.tsx': {
    '../credits/meter.tsx': 'nouns-are-apart',
    '../routes/chat.tsx': 'nouns-are-apart',
    '../root.tsx': 'nouns-are-apart',
    '../../../server/src/domain/asking/prompt.ts': 'web-through-the-face',
  },
  'web/app/conversation/answer/x.tsx': { '../turns/turns.ts': 'conversation-answer' },
  'web/app/conversation/turns/x.ts': { '../composer/composer.tsx': 'conversation-turns' },
  'web/app/conversation/composer/x.tsx': { '../arena/lane.tsx': 'conversation-composer' },
  'web/app/conversation/arena/x.tsx': { '../page.tsx': 'conversation-arena' },
  'web/app/frame/x.tsx': { '../credits/meter.tsx': 'frame', '../conversation/page.tsx': 'frame' },
  'web/app/ui/x.tsx': { '../frame/sidebar.tsx': 'ui', '../graphql/client.ts': 'ui' },
  'web/app/ui/browser/x.ts': { '../button.tsx': 'ui-browser' },
  'examples/embed/x.ts': {
    '../../server/src/domain/asking/prompt.ts': 'examples-as-strangers',
    '../typed-client/codegen.ts': 'examples-as-strangers',
    undeclared: 'declared',
  },
  'web/app/graphql/y.ts': { '../../../examples/embed/page.ts': 'nothing-imports-examples web-graphql' },
  'web/app/graphql/x.ts': { '../frame/sidebar.tsx': 'web-graphql', '../ui/button.tsx': 'web-graphql' },
};

let house;

beforeAll(() => {
  house = mkdtempSync(path.join(tmpdir(), 'boundaries-'));
  const write = (name, text) => {
    mkdirSync(path.dirname(path.join(house, name)), { recursive: true });
    writeFileSync(path.join(house, name), text);
  };
  const source = (imports) =>
    imports.map((entry, at) => entry.replace(/^(type )?(.*)$/, `import $1{ a as a${at} } from '$2';\n`)).join('');

  for (const [name, imports] of Object.entries(allowed)) write(name, source(imports));
  for (const [name, imports] of Object.entries(forbidden)) write(name, source(Object.keys(imports)));
  for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json'])
    cpSync(path.join(root, name), path.join(house, name));
  for (const name of ['declared', 'undeclared', 'tool']) {
    for (const place of ['server', 'examples']) {
      write(`${place}/node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(`${place}/node_modules/${name}/index.js`, 'exports.a = 1;\n');
    }
  }
  write('package.json', '{}');
  const dependencies = { '@polylogue/server': 'workspace:*' };
  for (const place of ['web', 'examples']) write(`${place}/package.json`, JSON.stringify({ dependencies }));
  const face = { '.': { source: './src/app.ts', default: './dist/app.js' } };
  write(
    'server/package.json',
    JSON.stringify({
      name: '@polylogue/server',
      exports: face,
      dependencies: { declared: '1.0.0' },
      devDependencies: { tool: '1.0.0' },
    }),
  );
  for (const place of ['web', 'examples']) {
    mkdirSync(path.join(house, place, 'node_modules/@polylogue'), { recursive: true });
    symlinkSync(path.join(house, 'server'), path.join(house, place, 'node_modules/@polylogue/server'));
  }
});

afterAll(() => rmSync(house, { recursive: true }));

describe('npm run check', () => {
  test('reports every import that crosses a boundary, and no other import', () => {
    const cruise = spawnSync(
      process.execPath,
      [
        path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        ...['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'server', 'web', 'examples'],
      ],
      { cwd: house, encoding: 'utf8', maxBuffer: 64 << 20 },
    );
    expect(cruise.stderr).toBe('');
    const { modules } = JSON.parse(cruise.stdout);
    const reported = {};
    for (const module of modules.filter((entry) => !entry.source.includes('node_modules'))) {
      for (const dependency of module.dependencies.filter((entry) => !entry.valid)) {
        reported[module.source] ??= {};
        const rules = dependency.rules.map((rule) => rule.name).sort();
        reported[module.source][dependency.module] = rules.join(' ');
      }
    }
    expect(reported).toEqual(forbidden);
  });
});
