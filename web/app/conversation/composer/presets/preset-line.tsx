import { presets as texts } from 'texts:chat';
import { network } from 'texts:everywhere';
import { Bookmark, X } from 'lucide-react';
import { useClient } from 'urql';
import { UpdatePresetDocument } from '../../../graphql/generated/graphql.ts';
import { errorWords } from '../../../graphql/refusal.ts';
import { Button } from '../../../ui/button.tsx';
import { useToast } from '../../../ui/toast.tsx';
import type { Asking } from '../../turns/asking.ts';
import { type AppliedPreset, isChanged } from './applied-preset.ts';
import { usePresetStore } from './preset-store.ts';

interface PresetLineProps {
  asking: Asking;
  applied: AppliedPreset;
  onApplied: (applied: AppliedPreset) => void;
  onLeave: () => void;
}

/** The preset that the prompt goes by, which of its models are left out, and the way to leave it. */
export function PresetLine({ asking, applied, onApplied, onLeave }: PresetLineProps) {
  const client = useClient();
  const store = usePresetStore();
  const toast = useToast();
  const changed = isChanged(asking, applied);

  async function update(): Promise<void> {
    const { modelIds, systemPrompt, parameters, blind } = asking;
    const { temperature = null, topP = null, maxOutputTokens = null } = parameters;
    // Models that were left out stay in the preset as long as nobody has chosen others.
    const chosen = modelIds.join() === applied.set.modelIds.join() ? {} : { modelIds };
    const input = { ...chosen, systemPrompt, temperature, topP, maxOutputTokens };
    const { data, error } = await client.mutation(UpdatePresetDocument, { id: applied.id, input }).toPromise();
    toast({
      text: data ? texts.changed({ name: applied.name }) : (errorWords(error) ?? network.unreachable),
    });
    if (!data) return;
    onApplied({ ...applied, set: { modelIds, systemPrompt, parameters, blind } });
    void store.load();
  }

  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3 pt-2 text-sm">
      <span className="flex h-7 max-w-full min-w-0 items-center gap-1.5 rounded-md bg-primary-soft pe-0.5 ps-2 text-primary">
        <Bookmark className="size-3.5 shrink-0" aria-hidden="true" />
        <span className="sr-only">{texts.preset}</span>
        <bdi className="truncate font-medium">{applied.name}</bdi>
        {changed ? <span className="shrink-0">{texts.isChanged}</span> : null}
        <button
          type="button"
          aria-label={texts.leave({ name: applied.name })}
          className="grid size-6 shrink-0 place-items-center rounded-sm hover:bg-hover in-[.touch]:max-md:size-[44px]"
          onClick={onLeave}
        >
          <X className="size-3.5" />
        </button>
      </span>
      {changed && applied.changeable ? (
        <Button variant="ghost" size="small" className="h-7 px-2" onClick={() => void update()}>
          {texts.update}
        </Button>
      ) : null}
      {applied.left.map((words) => (
        <span key={words} className="text-warning">
          <span aria-hidden="true">⚠ </span>
          {words}
        </span>
      ))}
    </div>
  );
}
