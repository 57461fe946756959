/**
 * The faulty value, for the message, unless it may be secret: a database's address holds its password, other addresses may hold
 * one, and some people put a key where its variable's name belongs.
 */
export function shown(name: string, value: unknown, path: readonly PropertyKey[] = []): string {
  // Headers and queries may hold keys.
  if (path.includes('headers') || path.includes('query')) return '';
  const text = JSON.stringify(value);
  if (
    /^(DATABASE_URL|FILES_URL|SMTP_URL|OPERATOR_TOKEN|ALERT_WEBHOOK_URL|\w+_API_KEY|apiKeyEnv)$/.test(name) ||
    /@|"(api_?key|headers|query)"?/i.test(text)
  )
    return '';
  // A query may hold a key.
  if (/base_?url$/i.test(name) && /[?#]/.test(text)) return '';
  return ` is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

/** All mistakes in the environment and the catalogue file, a line each. */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} mistake${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
