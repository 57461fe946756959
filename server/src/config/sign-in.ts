import { type TierId, tierIds } from '../domain/ground/tiers.ts';
import { isPublicIssuer, type SignInProvider } from '../domain/people/sign-in/sign-in-providers.ts';
import { isLoopback, type SignUpRule } from '../domain/people/sign-up-rule.ts';

/** What follows `OIDC_` or `OIDC_<NAME>_`. */
const endings = [
  ...['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET', 'NAME', 'SCOPES', 'SIGN_UP', 'LINK'],
  ...['GROUPS_CLAIM', 'ADMIN_GROUPS', 'AUDITOR_GROUPS', 'TIER_GROUPS', 'TEAM_GROUPS'],
] as const;

type Ending = (typeof endings)[number];
type Fields = Partial<Record<Ending, string>>;

const pattern = new RegExp(`^OIDC_(?:([A-Z0-9]+(?:_[A-Z0-9]+)*)_)?(${endings.join('|')})$`);

/** The variables of sign-in providers among these. */
export function signInVariables(variables: Readonly<Record<string, string>>): string[] {
  return Object.keys(variables).filter((name) => pattern.test(name));
}

/**
 * Reads `OIDC_ISSUER`, `OIDC_<NAME>_ISSUER` and those that go with them. Mistakes go to `problems`; none of them shows a
 * secret.
 *
 * @param signUp a rule that was set for all; null: none was
 */
export function readSignInProviders(
  variables: Readonly<Record<string, string>>,
  signUp: SignUpRule | null,
  problems: string[],
): SignInProvider[] {
  const groups = new Map<string, Fields>();
  for (const variable of signInVariables(variables)) {
    const [, name = '', ending] = pattern.exec(variable) as unknown as [string, string | undefined, Ending];
    groups.set(name, { ...groups.get(name), [ending]: variables[variable] as string });
  }
  const sorted = [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.flatMap(([name, fields]) => {
    const before = problems.length;
    const provider = new Reader(name, fields, problems).read(signUp);
    return problems.length > before ? [] : [provider];
  });
}

/** Reads the variables of one provider. */
class Reader {
  readonly #name: string;
  readonly #fields: Fields;
  readonly #problems: string[];

  constructor(name: string, fields: Fields, problems: string[]) {
    this.#name = name;
    this.#fields = fields;
    this.#problems = problems;
  }

  read(signUp: SignUpRule | null): SignInProvider {
    const issuer = this.#issuer();
    const id = this.#name === '' ? 'oidc' : this.#name.toLowerCase().replaceAll('_', '-');
    const admits = signUp?.kind === 'CLOSED' || isPublicIssuer(issuer) ? 'rule' : 'on';
    return {
      id,
      name: this.#fields.NAME ?? (this.#name === '' ? 'single sign-on' : capitalized(id)),
      issuer,
      clientId: this.#required('CLIENT_ID'),
      clientSecret: this.#fields.CLIENT_SECRET ?? null,
      scopes: this.#scopes(),
      admitsAll: this.#oneOf('SIGN_UP', ['on', 'rule'], admits) === 'on',
      links: this.#oneOf('LINK', ['on', 'off'], 'on') === 'on',
      groups: {
        claim: this.#fields.GROUPS_CLAIM ?? 'groups',
        adminGroups: this.#list('ADMIN_GROUPS'),
        auditorGroups: this.#list('AUDITOR_GROUPS'),
        tierGroups: this.#tiers(),
        teamGroups: this.#fields.TEAM_GROUPS === '*' ? 'ALL' : new Map(this.#pairs('TEAM_GROUPS')),
      },
    };
  }

  #variable(ending: Ending): string {
    return this.#name === '' ? `OIDC_${ending}` : `OIDC_${this.#name}_${ending}`;
  }

  #refuse(ending: Ending, message: string): void {
    this.#problems.push(`${this.#variable(ending)}: ${message}`);
  }

  #required(ending: Ending): string {
    const value = this.#fields[ending];
    if (value === undefined) this.#refuse(ending, 'is missing: a provider needs its ISSUER and CLIENT_ID');
    return value ?? '';
  }

  #issuer(): string {
    const value = this.#required('ISSUER');
    const url = URL.canParse(value) ? new URL(value) : null;
    if (value !== '' && (!url || !/^https?:$/.test(url.protocol) || /[?#@]/.test(value))) {
      this.#refuse('ISSUER', 'expected the address of an OpenID provider, such as https://login.example.com');
    }
    return value.replace(/\/\.well-known\/openid-configuration$/, '');
  }

  #scopes(): string {
    const scopes = (this.#fields.SCOPES ?? 'openid email profile').split(/[\s,]+/).filter((scope) => scope !== '');
    return [...new Set(['openid', ...scopes])].join(' ');
  }

  #oneOf<Value extends string>(ending: Ending, values: readonly Value[], otherwise: Value): Value {
    const value = this.#fields[ending];
    const found = values.find((candidate) => candidate === value);
    if (value !== undefined && found === undefined) this.#refuse(ending, `expected ${values.join(' or ')}`);
    return found ?? otherwise;
  }

  #list(ending: Ending): string[] {
    const value = this.#fields[ending];
    if (value === undefined) return [];
    const list = value.startsWith('[') ? parsed(value) : value.split(',').map((item) => item.trim());
    if (Array.isArray(list) && list.every((item) => typeof item === 'string'))
      return list.filter((item) => item !== '');
    this.#refuse(ending, 'expected names separated by commas, or a JSON list of them');
    return [];
  }

  /** Pairs such as `staff=PRO,board=ENTERPRISE`, or a JSON object: some groups have commas in their names. */
  #pairs(ending: Ending): [string, string][] {
    const value = this.#fields[ending];
    if (value === undefined) return [];
    const pairs = value.startsWith('{') ? Object.entries(parsed(value) ?? { '': null }) : value.split(',').map(divided);
    if (
      pairs.every((pair): pair is [string, string] => pair[0] !== '' && typeof pair[1] === 'string' && pair[1] !== '')
    )
      return pairs;
    this.#refuse(ending, 'expected pairs such as group=value, separated by commas, or a JSON object');
    return [];
  }

  #tiers(): Map<string, TierId> {
    const pairs = this.#pairs('TIER_GROUPS');
    const known = pairs.filter((pair): pair is [string, TierId] => tierIds.some((tier) => tier === pair[1]));
    if (known.length < pairs.length) this.#refuse('TIER_GROUPS', `the plans are ${tierIds.join(', ')}`);
    return new Map(known);
  }
}

/** At the last sign of equality: a group may be named like `cn=staff`. */
function divided(pair: string): [string, string] {
  const at = pair.lastIndexOf('=');
  return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is allowed and hardly meant. */
export function signInDoubts(providers: readonly SignInProvider[], publicUrl: string | undefined): string[] {
  return providers.flatMap(({ id, issuer, admitsAll }) => [
    ...(publicUrl === undefined
      ? [`PUBLIC_URL is not set: the sign-in provider "${id}" can send people back to this machine only`]
      : []),
    ...(issuer.startsWith('http:') && !isLoopback(new URL(issuer).hostname)
      ? [`The sign-in provider "${id}" is asked without TLS: whoever is in between can sign in as anybody`]
      : []),
    ...(admitsAll && isPublicIssuer(issuer)
      ? [`The sign-in provider "${id}" admits everybody who has an account with ${new URL(issuer).host}`]
      : []),
  ]);
}

/** Without passwords and without a provider nobody could sign in. */
export function signInProblems(passwords: 'on' | 'off', providers: readonly SignInProvider[]): string[] {
  if (passwords === 'on' || providers.length > 0) return [];
  return ['PASSWORDS is "off", and there is no provider to sign in with'];
}
