import type { Client } from '@urql/core';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { KnownToolsDocument, type KnownToolsQuery } from '../../../graphql/generated/graphql.ts';

export type KnownTool = KnownToolsQuery['tools'][number];

const known = new WeakMap<Client, Promise<KnownToolsQuery | null>>();

/**
 * The tools that the member may have models use, the agents, and which models can call tools. Loaded once for a page; undefined
 * until then, null if they could not be loaded.
 *
 * @param fresh whether they are loaded anew, as an admin may have changed them
 */
export function useKnownTools({ fresh = false } = {}): KnownToolsQuery | null | undefined {
  const client = useClient();
  const [tools, setTools] = useState<KnownToolsQuery | null>();
  useEffect(() => {
    let wanted = true;
    void load(client, fresh).then((loaded) => {
      if (wanted) setTools(loaded);
    });
    return () => {
      wanted = false;
    };
  }, [client, fresh]);
  return tools;
}

function load(client: Client, fresh: boolean): Promise<KnownToolsQuery | null> {
  const before = fresh ? undefined : known.get(client);
  if (before) return before;
  const loading = client
    .query(KnownToolsDocument, {})
    .toPromise()
    .then(({ data }) => {
      if (!data) known.delete(client);
      return data ?? null;
    });
  known.set(client, loading);
  return loading;
}
