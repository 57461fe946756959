/** Set by us alone: better-auth sees headers, not sockets, and its hooks no sessions. */
export const addressHeader = 'x-polylogue-client-address';
export const userHeader = 'x-polylogue-user';
