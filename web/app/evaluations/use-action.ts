import { sets as texts } from 'texts:evaluations';
import { useRevalidator } from '@remix-run/react';
import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { errorWords } from '../graphql/refusal.ts';

export interface Action {
  busy: boolean;
  /** Why the last act was refused; null: it was not. */
  refusal: string | null;
  refuse(message: string | null): void;
  /** Sends the mutation, then loads the page's data again. Resolves to its data; null: it was refused. */
  act<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data | null>;
}

export function useAction(): Action {
  const client = useClient();
  const { revalidate } = useRevalidator();
  const [busy, setBusy] = useState(false);
  const [refusal, refuse] = useState<string | null>(null);
  const act = useCallback<Action['act']>(
    async (document, variables) => {
      setBusy(true);
      const { data, error } = await client.mutation(document, variables).toPromise();
      setBusy(false);
      refuse(error ? (errorWords(error) ?? texts.unreachable) : null);
      revalidate();
      return error || !data ? null : data;
    },
    [client, revalidate],
  );
  return { busy, refusal, refuse, act };
}
