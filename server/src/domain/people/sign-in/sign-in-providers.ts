import type { GroupMapping } from './group-mapping.ts';

/** An OpenID provider that people can sign in with. */
export interface SignInProvider {
  /** Its place in the addresses of its endpoints, such as `google`. */
  id: string;
  /** Its name on the button. */
  name: string;
  /** Without a slash at the end, unless the provider's own has one. */
  issuer: string;
  clientId: string;
  /** Null: a public client, which PKCE alone protects. */
  clientSecret: string | null;
  /** Separated by spaces. */
  scopes: string;
  /** Whether it admits everybody who signs in with it; else the rule for sign-ups decides on new members. */
  admitsAll: boolean;
  /** Whether an address that it has verified opens the account of the member with that address. */
  links: boolean;
  groups: GroupMapping;
}

/** How people sign in on this server. */
export interface SignInWays {
  providers: readonly SignInProvider[];
  /** Whether people may sign in with a password. */
  passwords: boolean;
}

/** Providers with whom anybody can make an account. Their members are not the operator's people. */
const publicIssuers =
  /^https:\/\/(accounts\.google\.com|appleid\.apple\.com|gitlab\.com|www\.linkedin\.com|slack\.com|api\.login\.yahoo\.com|id\.twitch\.tv|login\.microsoftonline\.com\/(common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)|(www\.)?facebook\.com|discord\.com|github\.com)(\/|$)/;

/** Whether anybody can have an account with this provider. */
export function isPublicIssuer(issuer: string): boolean {
  return publicIssuers.test(issuer);
}
