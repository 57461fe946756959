import { models as texts } from 'texts:chat';
import { X } from 'lucide-react';
import { flushSync } from 'react-dom';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { accessWords } from '../../../graphql/refusal.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { ProviderMark } from '../../../ui/provider-mark.tsx';
import type { AttachedFile } from '../../files/attached-file.ts';
import { sightOf, sightWords } from '../../files/seen-files.ts';
import { type Asking, blindLanesOf, isChoosable, isMergeable } from '../../turns/asking.ts';
import { countInWords, drawCounts, withBlind } from './blind-choice.ts';
import { BlindSwitch } from './blind-switch.tsx';
import { Drawn } from './drawn.tsx';
import { MergeChoice } from './merge-choice.tsx';
import { ModelPicker, type PresetPicking } from './model-picker.tsx';

interface ModelsChoiceProps {
  models: readonly ModelChoiceFragment[];
  /** The files of the prompt. */
  files: readonly AttachedFile[];
  asking: Asking;
  onAsking: (asking: Asking) => void;
  /** How many models one prompt may ask. */
  limit: number;
  /** Why the prompt cannot be blind; null if it can. */
  refusal: string | null;
  /** Whether the models of the last turn are secret: a blind prompt that names none goes on with them. */
  hidden: boolean;
  /** Whether the last turn has a merge. */
  mergedBefore: boolean;
  /** The models that a conversation without a turn asks. */
  firstModelIds: readonly string[];
  presets: PresetPicking;
}

/** The models that the prompt asks, and whether they stay secret. */
export function ModelsChoice(props: ModelsChoiceProps) {
  const { models, files, asking, onAsking, limit, refusal, hidden, mergedBefore, firstModelIds } = props;
  const { modelIds, blind = false } = asking;
  // The same models go on with their merge, which cannot be left out: a letter would be missing.
  const goesOn = hidden && blind && modelIds.length === 0 && mergedBefore;
  const toDraw = blindLanesOf({ ...asking, modelIds: [] });
  const choose = (modelIds: string[]) => onAsking({ ...asking, modelIds, historyFrom: undefined });
  return (
    <>
      {blind && modelIds.length === 0 ? (
        <Drawn
          count={hidden ? null : blindLanesOf(asking)}
          merged={goesOn}
          counts={drawCounts({ models, limit })}
          onCount={(drawCount) => onAsking({ ...asking, drawCount })}
        />
      ) : null}
      <ModelChips
        models={models}
        files={files}
        selected={modelIds}
        onRemove={(index) => choose(modelIds.filter((_, at) => at !== index))}
      />
      <ModelPicker
        models={models}
        selected={modelIds}
        limit={limit}
        onAdd={(id) => choose([...modelIds, id])}
        onRemove={(id) => choose(modelIds.toSpliced(modelIds.lastIndexOf(id), 1))}
        presets={props.presets}
      />
      <BlindSwitch on={blind} refusal={refusal} onChange={(on) => onAsking(withBlind(asking, on, firstModelIds))} />
      {isMergeable(asking) && !goesOn ? (
        <MergeChoice {...{ models, blind }} merge={asking.merge} onMerge={(merge) => onAsking({ ...asking, merge })} />
      ) : null}
      {blind && modelIds.length > 0 ? (
        <Button variant="ghost" size="small" className="h-7 px-2" onClick={() => choose([])}>
          {hidden ? texts.keepSame : texts.haveDrawn({ count: toDraw, words: countInWords(toDraw) })}
        </Button>
      ) : null}
    </>
  );
}

function ModelChips({
  models,
  files,
  selected,
  onRemove,
}: {
  models: readonly ModelChoiceFragment[];
  files: readonly AttachedFile[];
  selected: readonly string[];
  onRemove: (index: number) => void;
}) {
  return selected.map((id, index) => {
    const model = models.find((candidate) => candidate.id === id);
    const locked = model ? !isChoosable(model) : true;
    const sight = model ? sightOf(model, files) : 'sees';
    return (
      <span
        // biome-ignore lint/suspicious/noArrayIndexKey: a lane is known by its place; one model may hold several
        key={`${id}-${index}`}
        title={locked ? ((model && accessWords(model)) ?? texts.unavailable) : undefined}
        className={classes(
          'flex h-7 items-center gap-1.5 rounded-md border bg-muted pe-0.5 ps-2 text-sm',
          (locked || sight === 'refused') && 'border-warning text-warning',
        )}
      >
        <ProviderMark providerId={model?.provider.id ?? ''} />
        {model?.name ?? id}
        {locked ? <span aria-hidden="true">⚠</span> : null}
        {sight === 'sees' ? null : (
          <span className={classes('text-xs', sight === 'textOnly' && 'text-muted-foreground')}>
            {sightWords[sight]}
          </span>
        )}
        <button
          type="button"
          aria-label={texts.remove({ model: model?.name ?? id })}
          className="grid size-6 place-items-center rounded-sm text-muted-foreground hover:bg-hover hover:text-foreground"
          data-remove
          onClick={({ currentTarget, detail }) => {
            const chips = currentTarget.closest('form');
            flushSync(() => onRemove(index));
            // The pressed button is gone. If it was pressed by the keyboard, the next one gets the focus.
            if (detail > 0) return;
            const left = chips?.querySelectorAll<HTMLElement>('[data-remove]') ?? [];
            (left[Math.min(index, left.length - 1)] ?? chips?.querySelector('textarea'))?.focus();
          }}
        >
          <X className="size-3.5" />
        </button>
      </span>
    );
  });
}
