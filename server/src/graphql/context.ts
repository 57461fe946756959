import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Generation } from '../domain/generation.ts';
import type { Leases } from '../domain/leases.ts';
import type { LiveResponses } from '../domain/live-responses.ts';
import type { Member } from '../domain/members.ts';
import type { Notifications } from '../domain/notifications.ts';
import type { Prompts } from '../domain/prompt.ts';
import type { ProviderHealth } from '../domain/provider-health.ts';
import type { Auth } from '../http/auth.ts';

/** What resolvers work with; made once for each operation. */
export interface GraphQLContext extends House {
  /** Null: signed out. */
  viewer: Member | null;
}

/** The same for every operation of the process. */
export interface House {
  db: Kysely<Database>;
  catalogue: Catalogue;
  live: LiveResponses;
  generation: Generation;
  prompts: Prompts;
  leases: Leases;
  notifications: Notifications;
  providerHealth: ProviderHealth;
  auth: Auth;
  /** Whether members may change their plan themselves. */
  planChanges: boolean;
  log: Logger;
}

/** The viewer of a field that is for members only (`authScopes: { signedIn: true }`). */
export interface SignedInContext extends GraphQLContext {
  viewer: Member;
}
