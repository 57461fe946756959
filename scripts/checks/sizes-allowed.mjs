const steps = 'a migration stays as it was written: a list of tables';
const cases = 'a table of cases, each a few lines of data';
const suite = 'one suite over one server: divided, each half would start its own';

/** Exceptions from the limits of sizes.mjs, each with its reason. */
export const exceptions = {
  'web/app/routes': 'flat routes: the name of a file is its address',
  'server/src/database/migrations': 'one file for each step, in the order of their names',
  'server/src/database/migrations/0001_conversations.ts up': steps,
  'server/src/database/migrations/0002_credits.ts up': steps,
  'server/test/api/answers/reported-cases.ts': cases,
  'server/test/api/answers/server-dialects.ts': cases,
  'server/test/config/config.test.ts': 'one test a setting: the values that it takes, and its error for all others',
  'server/test/http/auth.test.ts': suite,
  'server/test/api/safety/bad-input.test.ts': suite,
  'server/test/api/safety/costly-requests.test.ts': suite,
  'server/test/providers/openai.test.ts': suite,
};
