import { presets as texts } from 'texts:account';
import { connection } from 'texts:everywhere';
import { useRevalidator } from '@remix-run/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import {
  CreatePresetDocument,
  DeletePresetDocument,
  type PresetFieldsFragment,
  type PresetInput,
  SetDefaultPresetDocument,
  UpdatePresetDocument,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { useToast } from '../ui/toast.tsx';

export interface PresetActions {
  /** Makes a preset, or changes the one with the id. Resolves to why it was refused; null: it is saved. */
  save(id: string | null, input: PresetInput): Promise<string | null>;
  /** Removes a preset at once, and for good after some seconds in which it can be undone. */
  remove(preset: Pick<PresetFieldsFragment, 'id' | 'name'>): void;
  /** Chooses the shared preset with which new chats begin; null: none. */
  setDefault(id: string | null): Promise<void>;
}

const undoMs = 6000;

/** What can be done with presets, and the ids of those that are about to go. */
export function usePresetActions(): { actions: PresetActions; removed: ReadonlySet<string> } {
  const client = useClient();
  const toast = useToast();
  const { revalidate } = useRevalidator();
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const doomed = useRef(new Map<string, () => void>());

  const remove = useCallback<PresetActions['remove']>(
    ({ id, name }) => {
      const restore = () => {
        doomed.current.delete(id);
        setRemoved((before) => new Set([...before].filter((other) => other !== id)));
      };
      const commit = async () => {
        if (!doomed.current.delete(id)) return;
        const kept = { fetchOptions: { keepalive: true } };
        const { error } = await client.mutation(DeletePresetDocument, { id }, kept).toPromise();
        if (!error) return;
        restore();
        toast({ text: errorWords(error) ?? connection.unreached });
      };
      doomed.current.set(id, () => void commit());
      setRemoved((before) => new Set(before).add(id));
      const action = { label: texts.undo, run: restore };
      toast({ text: texts.deleted({ name }), action, onExpire: () => void commit(), durationMs: undoMs });
    },
    [client, toast],
  );

  useEffect(() => {
    const commitAll = () => {
      for (const commit of [...doomed.current.values()]) commit();
    };
    addEventListener('pagehide', commitAll);
    return () => {
      removeEventListener('pagehide', commitAll);
      commitAll();
    };
  }, []);

  const actions = useMemo<PresetActions>(
    () => ({
      async save(id, input) {
        const { error } = await (id === null
          ? client.mutation(CreatePresetDocument, { input })
          : client.mutation(UpdatePresetDocument, { id, input })
        ).toPromise();
        if (error) return errorWords(error) ?? connection.unreached;
        revalidate();
        return null;
      },
      remove,
      async setDefault(id) {
        const { error } = await client.mutation(SetDefaultPresetDocument, { id }).toPromise();
        if (error) toast({ text: errorWords(error) ?? connection.unreached });
        revalidate();
      },
    }),
    [client, remove, revalidate, toast],
  );
  return { actions, removed };
}
