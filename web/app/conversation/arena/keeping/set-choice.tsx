import { setChoice as texts } from 'texts:tools';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import {
  KeepInNewSetDocument,
  KeepInSetDocument,
  OwnPromptSetsDocument,
  type OwnPromptSetsQuery,
} from '../../../graphql/generated/graphql.ts';
import { Button } from '../../../ui/button.tsx';
import { Input } from '../../../ui/input.tsx';
import { Select } from '../../../ui/select.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { toSendError } from '../../turns/failed-call.ts';

type PromptSet = OwnPromptSetsQuery['promptSets'][number];

/** Stands for a set that is made with the prompt. */
const NEW = '';

/** Asks into which of the member's sets the turn's prompt goes. */
export default function SetChoice({ turnId, onDone }: { turnId: string; onDone: () => void }) {
  const client = useClient();
  const toast = useToast();
  const { sets, problem: unread } = useOwnSets();
  const [setId, setSetId] = useState<string | null>(null);
  const [name, setName] = useState('');
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const fieldId = useId();
  if (!sets) {
    return unread ? (
      <p role="alert" className="text-sm text-destructive">
        {unread}
      </p>
    ) : (
      <div className="h-32 animate-breathe rounded-md bg-muted" aria-hidden="true" />
    );
  }
  const chosen = setId ?? sets[0]?.id ?? NEW;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setState({ busy: true, problem: null });
    const id = chosen === NEW ? await make() : chosen;
    if (id === null) return;
    const { data, error } = await client.mutation(KeepInSetDocument, { id, turnIds: [turnId] }).toPromise();
    if (!data) {
      // A set that was just made stays chosen, so that another try makes no second one.
      setSetId(id);
      return setState({ busy: false, problem: toSendError(error).message });
    }
    toast({ text: texts.inSet({ name: data.addTurnsToPromptSet.name }) });
    onDone();
  }

  async function make(): Promise<string | null> {
    const { data, error } = await client.mutation(KeepInNewSetDocument, { input: { name } }).toPromise();
    if (!data) setState({ busy: false, problem: toSendError(error).message });
    return data?.createPromptSet.id ?? null;
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${fieldId}-set`} className="text-sm font-medium">
          {texts.set}
        </label>
        <Select
          id={`${fieldId}-set`}
          className="h-9 w-full"
          value={chosen}
          onChange={(event) => setSetId(event.target.value)}
        >
          {sets.map(({ id, name, promptCount }) => (
            <option key={id} value={id}>
              {texts.setOption({ name, count: promptCount })}
            </option>
          ))}
          <option value={NEW}>{texts.newSet}</option>
        </Select>
      </div>
      {chosen === NEW ? (
        <div className="flex flex-col gap-1">
          <label htmlFor={`${fieldId}-name`} className="text-sm font-medium">
            {texts.name}
          </label>
          <Input
            id={`${fieldId}-name`}
            required
            maxLength={100}
            className="h-9"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
      ) : null}
      {state.problem ? (
        <p role="alert" className="text-sm text-destructive">
          {state.problem}
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={state.busy || (chosen === NEW && name.trim() === '')}>
          {texts.add}
        </Button>
      </div>
    </form>
  );
}

function useOwnSets(): { sets: PromptSet[] | null; problem: string | null } {
  const client = useClient();
  const [read, setRead] = useState<{ sets: PromptSet[] | null; problem: string | null }>({ sets: null, problem: null });
  useEffect(() => {
    let wanted = true;
    const asked = client.query(OwnPromptSetsDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    void asked.then(({ data, error }) => {
      if (!wanted) return;
      if (data) setRead({ sets: data.promptSets.filter(({ own }) => own), problem: null });
      else setRead({ sets: null, problem: toSendError(error).message });
    });
    return () => {
      wanted = false;
    };
  }, [client]);
  return read;
}
