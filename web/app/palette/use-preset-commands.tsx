import { Bookmark } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { PalettePresetsDocument } from '../graphql/generated/graphql.ts';
import type { Command } from './command.ts';

/** How many presets are listed before somebody searches for one. */
const presetsAtFirst = 3;

/** Begins a new chat with a preset. The presets are loaded when the palette opens. */
export function usePresetCommands(search: string, navigate: (to: string) => void): Command[] {
  const client = useClient();
  const [presets, setPresets] = useState<readonly { id: string; name: string }[]>([]);
  useEffect(() => {
    let wanted = true;
    void client
      .query(PalettePresetsDocument, {})
      .toPromise()
      .then(({ data }) => {
        if (wanted) setPresets(data?.viewer?.presets ?? []);
      });
    return () => {
      wanted = false;
    };
  }, [client]);
  return useMemo(() => {
    const found = presets.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
    return found.slice(0, search === '' ? presetsAtFirst : undefined).map(
      ({ id, name }): Command => ({
        id,
        group: 'presets',
        label: name,
        icon: <Bookmark />,
        run: () => navigate(`/?preset=${encodeURIComponent(id)}`),
      }),
    );
  }, [presets, search, navigate]);
}
