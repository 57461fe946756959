/** Set by us alone: better-auth sees headers, not sockets, and its hooks no sessions. */
export const addressHeader = 'x-polylogue-client-address';
export const userHeader = 'x-polylogue-user';
/** Present: a change of the password revokes the API keys as well. better-auth's own bodies have no field for that. */
export const revokeKeysHeader = 'x-polylogue-revoke-keys';
