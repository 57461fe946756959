import { useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import {
  type ModelChoiceFragment,
  PayerModelsDocument,
  type PayerModelsQuery,
} from '../../graphql/generated/graphql.ts';

/** The models with the access that the viewer has to them if this team pays; null: the viewer pays, as `models` says. */
export function useModelsFor(models: readonly ModelChoiceFragment[], teamId: string | null) {
  const client = useClient();
  const [told, setTold] = useState<{ teamId: string; models: PayerModelsQuery['models'] } | null>(null);
  useEffect(() => {
    if (teamId === null) return;
    let wanted = true;
    void client
      .query(PayerModelsDocument, { payerId: teamId })
      .toPromise()
      .then(({ data }) => {
        if (wanted && data) setTold({ teamId, models: data.models });
      });
    return () => {
      wanted = false;
    };
  }, [client, teamId]);
  return useMemo(() => {
    if (teamId === null || told?.teamId !== teamId) return models;
    const accesses = new Map(told.models.map(({ id, access }) => [id, access]));
    return models.map((model) => ({ ...model, access: accesses.get(model.id) ?? model.access }));
  }, [models, teamId, told]);
}
