import { pages as texts } from 'texts:admin';
import { useRevalidator } from '@remix-run/react';
import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { errorWords } from '../graphql/refusal.ts';
import { useToast } from '../ui/toast.tsx';

export interface Acting {
  /** The ids of the things that are being changed. */
  busy: ReadonlySet<string>;
  /** The reason why a thing's last change was refused, by the thing's id. */
  refusals: ReadonlyMap<string, string>;
  /** Sends the mutation for the thing with this id, then loads the page's data again. Resolves to whether it succeeded. */
  act<Data, Variables extends AnyVariables>(
    id: string,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    done: string,
  ): Promise<boolean>;
}

export function useActing(): Acting {
  const client = useClient();
  const toast = useToast();
  const { revalidate } = useRevalidator();
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const [refusals, setRefusals] = useState<ReadonlyMap<string, string>>(new Map());
  const act = useCallback<Acting['act']>(
    async (id, document, variables, done) => {
      setBusy((ids) => new Set(ids).add(id));
      const { error } = await client.mutation(document, variables).toPromise();
      setBusy((ids) => new Set([...ids].filter((other) => other !== id)));
      const refusal = error && (errorWords(error) ?? texts.unreachable);
      setRefusals(
        (known) => new Map([...known].filter(([other]) => other !== id).concat(refusal ? [[id, refusal]] : [])),
      );
      if (!refusal) toast({ text: done });
      // The data are loaded again after a refusal too: another admin may have changed what the page shows.
      revalidate();
      return !refusal;
    },
    [client, toast, revalidate],
  );
  return { busy, refusals, act };
}
