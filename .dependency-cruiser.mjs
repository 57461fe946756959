// Who may import whom (docs/architecture.md). Layers are rooms; a forbidden import is a door that must not be.
// Tests may import anything; nothing may import a test.

const test = '(^|/)(test|e2e|bench)/|[.]test[.]tsx?$';
const config = '^(server|web)/[^/]+[.]config[.]ts$|^(examples/[^/]+|server/test/programs/graphql)/codegen[.]ts$';

/** What files of `from` may import of ours: `allowed` and nothing else. Packages are not meant. */
const onlyImports = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { path: '^(server|web|examples|scripts)/', pathNot: [...allowed, '(^|/)node_modules/'] },
});

/** Each room of `layer` stands on those below it, and on nothing beside or above it; lowest first. */
function floors(layer, path, levels) {
  const folders = (rooms) => `${path}(?:${rooms.join('|')})/`;
  return levels.flatMap((rooms, level) => {
    const below = levels.slice(0, level).flat();
    return rooms.map((room) => ({
      name: `${layer}-${room}`,
      comment: `${room} stands on ${below.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: folders([room]), pathNot: test },
      to: { path, pathNot: folders([...below, room]) },
    }));
  });
}

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },

    onlyImports('ports', '^server/src/ports/', ['^server/src/ports/'], 'ports import nothing of ours'),
    onlyImports('mail', '^server/src/mail/', ['^server/src/(mail|ports)/'], 'mail imports ports'),
    onlyImports(
      'storage',
      '^server/src/storage/',
      ['^server/src/(storage|ports|database)/'],
      'storage imports ports and database',
    ),
    onlyImports('internet', '^server/src/internet/', ['^server/src/internet/'], 'internet imports nothing of ours'),
    onlyImports('webhook', '^server/src/webhook/', ['^server/src/(webhook|ports)/'], 'webhook imports ports'),
    onlyImports(
      'reading',
      '^server/src/reading/',
      ['^server/src/(reading|ports)/', '^server/src/domain/ground/(errors|storable-text|tokens)[.]ts$'],
      'reading imports ports, the refusals, and what measures a text',
    ),
    {
      name: 'reading-has-a-process',
      comment:
        'the server loads nothing that reads files: only file-reader.ts and conversation-reader.ts, which have them read elsewhere',
      severity: 'error',
      from: { path: '^server/src/(?!reading/)', pathNot: test },
      to: { path: '^server/src/reading/(?!(?:file|conversation)-reader[.]ts$)' },
    },
    onlyImports(
      'tools',
      '^server/src/tools/',
      ['^server/src/(tools|internet|ports)/', '^server/src/domain/ground/(errors|storable-text)[.]ts$'],
      'tools import ports, and reach of this server what they are given',
    ),
    onlyImports('database', '^server/src/database/', ['^server/src/database/'], 'database imports nothing of ours'),
    onlyImports(
      'database-connection',
      '^server/src/database/connection/',
      ['^server/src/database/(connection|migrations)/', '^server/src/database/database[.]ts$'],
      'connection knows no table but by the types of all of them',
    ),
    onlyImports(
      'database-backup',
      '^server/src/database/backup/',
      ['^server/src/database/(backup/|database[.]ts$)'],
      'backup reads and writes tables of any version, and knows what none of them means',
    ),
    onlyImports(
      'database-migrations',
      '^server/src/database/migrations/',
      ['^server/src/database/migrations/'],
      'a migration stays as it was, whatever becomes of the tables',
    ),
    onlyImports(
      'providers',
      '^server/src/providers/',
      [
        '^server/src/(providers|ports)/',
        '^server/src/domain/ground/(tiers|json-end|media|file-tokens/file-rule)[.]ts$',
      ],
      'providers import ports, the plans that a descriptor names, and where JSON ends',
    ),
    onlyImports(
      'providers-descriptors',
      '^server/src/providers/(?:[^/]+/descriptor|providers)[.]ts$',
      ['^server/src/providers/.*descriptor[.]ts$'],
      'a descriptor is data: every start reads it, and no start waits for the SDK of a provider without a key',
    ),
    onlyImports(
      'providers-failures',
      '^server/src/providers/failures/',
      ['^server/src/providers/(failures/|providers[.]ts$)', '^server/src/ports/'],
      'failures are the same whichever provider and transport they come from',
    ),
    onlyImports(
      'providers-transport',
      '^server/src/providers/transport/',
      ['^server/src/providers/(transport|failures)/', '^server/src/ports/'],
      'transport knows no provider',
    ),
    {
      name: 'providers-transport-door',
      comment:
        'fetch.ts and proxied-fetch.ts make a fetch, body.ts and event-stream.ts read: the rest is nobody else’s business',
      severity: 'error',
      from: { path: '^server/src/(?!providers/transport/)', pathNot: test },
      to: {
        path: '^server/src/providers/transport/(?!(fetch|proxied-fetch|request-additions|body|event-stream)[.]ts$)',
      },
    },
    {
      name: 'providers-are-apart',
      comment: 'a provider imports no other one; what two of them need lies beside their folders',
      severity: 'error',
      from: { path: '^server/src/providers/(?!transport/|failures/)([^/]+)/', pathNot: test },
      to: { path: '^server/src/providers/[^/]+/', pathNot: '^server/src/providers/(?:$1|transport|failures)/' },
    },
    onlyImports(
      'config',
      '^server/src/config/',
      ['^server/src/(config|domain|providers|ports)/'],
      'config imports domain, the descriptors of providers, and types of ports',
    ),
    onlyImports(
      'domain',
      '^server/src/domain/',
      ['^server/src/(domain|ports|database)/'],
      'domain imports domain, ports and database',
    ),
    ...floors('domain', '^server/src/domain/', [
      ['ground'],
      ['backup'],
      ['catalogue'],
      ['money', 'files'],
      ['answering'],
      ['following', 'conversations', 'people'],
      ['tools'],
      ['agents'],
      ['asking', 'offering', 'judging'],
      ['evaluating', 'keeping', 'presets', 'sharing', 'titles'],
    ]),
    onlyImports(
      'domain-judging-ratings',
      '^server/src/domain/judging/ratings/',
      ['^server/src/domain/judging/ratings/'],
      'ratings are worked out from verdicts, and know nothing else',
    ),
    onlyImports(
      'delivery',
      '^server/src/delivery/',
      ['^server/src/(delivery|domain)/'],
      'delivery writes what a reader reads, in whichever protocol',
    ),
    onlyImports(
      'graphql',
      '^server/src/graphql/',
      ['^server/src/(graphql|delivery|domain|ports)/'],
      'graphql imports delivery, domain, and types of ports',
    ),
    onlyImports(
      'graphql-limits',
      '^server/src/graphql/limits/',
      ['^server/src/graphql/limits/'],
      'limits count, and know nothing of what is asked',
    ),
    onlyImports(
      'graphql-ground',
      '^server/src/graphql/ground/',
      ['^server/src/graphql/(ground|limits)/', '^server/src/(domain|ports)/'],
      'ground knows no noun of the schema',
    ),
    {
      name: 'graphql-delivery',
      comment: 'how answers travel is no business of a noun: delivery takes the schema as a whole',
      severity: 'error',
      from: { path: '^server/src/graphql/(?!delivery/)', pathNot: test },
      to: { path: '^server/src/graphql/delivery/' },
    },
    onlyImports(
      'http',
      '^server/src/http/',
      ['^server/src/(http|delivery|domain|internet|ports)/'],
      'http imports delivery, domain, internet, and types of ports',
    ),
    onlyImports(
      'telemetry',
      '^server/src/telemetry/',
      [
        '^server/src/(telemetry|ports)/',
        '^server/src/providers/failures/secrets[.]ts$',
        '^server/src/config/open-telemetry[.]ts$',
      ],
      'telemetry hears events and writes lines, and looks at nothing by itself',
    ),
    {
      name: 'http-auth',
      comment: 'who signs in and how is known to auth alone; the others are given a member',
      severity: 'error',
      from: { path: '^server/src/(?!http/auth/)[^/]+/', pathNot: test },
      to: { path: '^server/src/http/auth/' },
    },
    {
      name: 'nothing-imports-command',
      comment: "the operator's commands are programs: they call, and are not called",
      severity: 'error',
      from: { path: '^server/src/(?!command/)', pathNot: test },
      to: { path: '^server/src/command/' },
    },
    {
      name: 'ports-as-types',
      comment: 'graphql and http know the ports by their types only; what they do goes through domain',
      severity: 'error',
      from: { path: '^server/src/(graphql|http)/', pathNot: test },
      to: { path: '^server/src/ports/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts is where the process starts; app.ts is what others call',
      severity: 'error',
      from: { pathNot: test },
      to: { path: '^server/src/main[.]ts$' },
    },
    {
      name: 'rooms-are-not-passages',
      comment: 'The files beside the rooms put them together; no room reaches back to them',
      severity: 'error',
      from: { path: '^server/src/(?!command/)[^/]+/', pathNot: test },
      to: { path: '^server/src/[^/]+[.]ts$' },
    },

    {
      name: 'server-without-web',
      comment: 'The API runs alone',
      severity: 'error',
      from: { path: '^server/', pathNot: test },
      to: { path: '^web/' },
    },
    {
      name: 'web-through-the-face',
      comment: 'web knows the server by its face, app.ts',
      severity: 'error',
      from: { path: '^web/', pathNot: test },
      to: { path: '^server/', pathNot: '^server/(src/app[.]ts$|dist/app[.]js$|node_modules/)' },
    },
    {
      name: 'examples-as-strangers',
      comment: 'An example is what somebody else could have written: it knows itself, and the face of the server',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: {
        path: '^(server|web|scripts|examples)/',
        pathNot: '^(examples/$1/|server/(src/app[.]ts$|dist/app[.]js$))|(^|/)node_modules/',
      },
    },
    {
      name: 'nothing-imports-examples',
      severity: 'error',
      from: { pathNot: '^examples/' },
      to: { path: '^examples/' },
    },
    onlyImports('languages', '^web/app/languages/', ['^web/app/(languages|ui/browser)/'], 'languages imports no noun'),
    onlyImports('ui', '^web/app/ui/', ['^web/app/(ui|languages)/'], 'ui imports languages'),
    onlyImports('ui-browser', '^web/app/ui/browser/', ['^web/app/ui/browser/'], 'browser draws nothing'),
    onlyImports(
      'web-graphql',
      '^web/app/graphql/',
      ['^web/app/(graphql|languages)/', '^server/'],
      'graphql imports languages',
    ),
    onlyImports(
      'frame',
      '^web/app/frame/',
      ['^web/app/(frame|graphql|languages|ui)/'],
      'frame knows no noun: what it holds of them a route hands to it',
    ),
    {
      name: 'nouns-are-apart',
      comment: 'A noun imports itself, frame, graphql, languages and ui; what joins two nouns is a route',
      severity: 'error',
      from: { path: '^web/app/(?!routes/|frame/|graphql/|languages/|ui/)([^/]+)/', pathNot: test },
      to: { path: '^web/app/', pathNot: '^web/app/($1|frame|graphql|languages|ui)/' },
    },
    ...floors('conversation', '^web/app/conversation/', [
      ['answer', 'files'],
      ['following', 'sharing', 'temporary'],
      ['turns'],
      ['composer'],
      ['judging'],
      ['arena'],
      ['finding'],
    ]),
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test, pathNot: 'node_modules/' },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere; texts are resolved by the build (web/catalogues/plugin.ts)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^texts[:-]' },
    },
    {
      name: 'declared',
      comment: 'A package that is imported stands in the package.json beside the importer',
      severity: 'error',
      from: { pathNot: config },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-tools-at-run-time',
      comment: 'What runs in production must not need devDependencies',
      severity: 'error',
      from: { path: '^(server/src|web/app|web/server[.]ts)', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build|[.]vite|generated/.*[.]js)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      // Some packages hold types only.
      mainFields: ['module', 'main', 'types', 'typings'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.css'],
    },
  },
};
