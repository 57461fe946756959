import { folders as texts } from 'texts:tools';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import { type FolderFieldsFragment, FolderPresetsDocument } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import { useFolderStore } from './use-folder-store.ts';

interface FolderFormProps {
  /** Null: a new one. */
  folder: FolderFieldsFragment | null;
  /** Called with a folder that was made. */
  onMade?: (folder: { id: string; name: string }) => void;
  onClose: () => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** Asks for the name of a folder, and the preset with which new chats in it begin. */
export function FolderForm({ folder, onMade, onClose, onCloseAutoFocus }: FolderFormProps) {
  const id = useId();
  const [store] = useFolderStore();
  const presets = usePresetNames(folder?.preset ?? null);
  const [name, setName] = useState(folder?.name ?? '');
  const [presetId, setPresetId] = useState(folder?.preset?.id ?? '');
  const [state, setState] = useState<{ isBusy: boolean; problem: string | null }>({ isBusy: false, problem: null });

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!name.trim() || state.isBusy) return;
    setState({ isBusy: true, problem: null });
    const input = { name, presetId: presetId || null };
    const saved = await (folder ? store.update(folder.id, input) : store.create(input));
    if (typeof saved === 'string') return setState({ isBusy: false, problem: saved });
    if (saved) onMade?.(saved);
    onClose();
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent className="touch" onCloseAutoFocus={onCloseAutoFocus}>
        <DialogTitle>{folder ? texts.changeTitle : texts.makeTitle}</DialogTitle>
        <DialogDescription className="mt-1 text-sm text-muted-foreground">
          {folder ? texts.changeNote : texts.makeNote}
        </DialogDescription>
        <form className="mt-4 flex flex-col gap-4" onSubmit={(event) => void save(event)}>
          <div className="flex flex-col gap-1">
            <label htmlFor={id} className="text-sm font-medium">
              {texts.name}
            </label>
            <Input
              id={id}
              dir="auto"
              maxLength={100}
              autoComplete="off"
              aria-invalid={state.problem !== null}
              aria-describedby={state.problem ? `${id}-problem` : undefined}
              className="max-md:text-[16px]"
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
            {state.problem ? (
              <p id={`${id}-problem`} role="alert" className="text-sm text-destructive">
                {state.problem}
              </p>
            ) : null}
          </div>
          <div className="flex flex-col items-start gap-1">
            <label htmlFor={`${id}-preset`} className="text-sm font-medium">
              {texts.beginsWith}
            </label>
            <Select
              id={`${id}-preset`}
              className="max-w-full"
              value={presetId}
              onChange={({ target }) => setPresetId(target.value)}
            >
              <option value="">{texts.asEvery}</option>
              {presets.map((preset) => (
                <option key={preset.id} value={preset.id}>
                  {preset.name}
                </option>
              ))}
            </Select>
          </div>
          <div className="flex justify-end gap-2">
            <DialogClose asChild>
              <Button>{texts.cancel}</Button>
            </DialogClose>
            <Button variant="primary" type="submit" disabled={!name.trim() || state.isBusy}>
              {folder ? texts.save : texts.make}
            </Button>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}

interface PresetName {
  id: string;
  name: string;
}

/** The presets that the member may use; until they are loaded, the chosen one. */
function usePresetNames(chosen: PresetName | null): readonly PresetName[] {
  const client = useClient();
  const [presets, setPresets] = useState<readonly PresetName[]>(chosen ? [chosen] : []);
  useEffect(() => {
    let isWanted = true;
    void client
      .query(FolderPresetsDocument, {})
      .toPromise()
      .then(({ data }) => {
        if (isWanted && data?.viewer) setPresets(data.viewer.presets);
      });
    return () => {
      isWanted = false;
    };
  }, [client]);
  return presets;
}
