import { createContext, useContext } from 'react';

/** The request's CSP nonce while the server renders; absent in the browser, which hides nonces from scripts. */
export const NonceContext = createContext<string | undefined>(undefined);

export function useNonce(): string | undefined {
  return useContext(NonceContext);
}
