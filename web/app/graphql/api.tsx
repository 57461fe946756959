import { useHref } from '@remix-run/react';
import { createContext, type ReactNode, useContext, useState, useSyncExternalStore } from 'react';
import { Provider } from 'urql';
import { type BrowserClient, type ConnectionState, createBrowserClient } from './client.ts';

const ApiContext = createContext<BrowserClient | null>(null);

/** Provides the browser's one client to the API. The client exists on the server too, but asks nothing there. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const path = useHref('/graphql');
  const [api] = useState(() =>
    createBrowserClient(new URL(path, typeof location === 'undefined' ? 'http://localhost' : location.href)),
  );
  return (
    <ApiContext.Provider value={api}>
      <Provider value={api.client}>{children}</Provider>
    </ApiContext.Provider>
  );
}

/** The state of the connection that brings live answers. */
export function useConnectionState(): ConnectionState {
  const api = useContext(ApiContext);
  if (!api) throw new Error('useConnectionState needs an ApiProvider above it');
  return useSyncExternalStore(
    api.connection.subscribe,
    () => api.connection.get(),
    () => 'idle',
  );
}
