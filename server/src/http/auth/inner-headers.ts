/** Only this server sets these headers: better-auth sees headers but no sockets, and its hooks see no sessions. */
export const addressHeader = 'x-polylogue-client-address';
export const userHeader = 'x-polylogue-user';
/** If present, a change of the password revokes the API keys too. better-auth's own bodies have no field for that. */
export const revokeKeysHeader = 'x-polylogue-revoke-keys';
/** The user's count of changed ways to sign in at the beginning of the request (credentials-epoch.ts). */
export const epochHeader = 'x-polylogue-credentials-epoch';
