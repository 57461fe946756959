import { presets as texts } from 'texts:account';
import { Bookmark, Pencil, Trash2 } from 'lucide-react';
import type { PresetFieldsFragment } from '../graphql/generated/graphql.ts';
import { accessWords } from '../graphql/refusal.ts';
import { figuresLocale } from '../languages/locale.ts';
import { sentence } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
import { PresetForm } from './preset-form.tsx';
import type { PresetActions } from './use-preset-actions.ts';

interface PresetListProps {
  id: string;
  title: string;
  presets: readonly PresetFieldsFragment[];
  /** What stands in place of an empty list. */
  empty: string;
  /** The id of the preset that is being changed; null: none is. */
  editing: string | null;
  onEdit: (id: string | null) => void;
  actions: PresetActions;
}

const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** Presets, each with what it holds and with the ways to change it. */
export function PresetList({ id, title, presets, empty, editing, onEdit, actions }: PresetListProps) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      {presets.length > 0 ? (
        <ul aria-labelledby={id} className="divide-y rounded-lg border bg-card">
          {presets.map((preset) => (
            <li key={preset.id} className="px-4 py-3">
              {editing === preset.id ? (
                <PresetForm preset={preset} actions={actions} onDone={() => onEdit(null)} />
              ) : (
                <Row preset={preset} onEdit={() => onEdit(preset.id)} onRemove={() => actions.remove(preset)} />
              )}
            </li>
          ))}
        </ul>
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-sm text-muted-foreground">{empty}</p>
      )}
    </section>
  );
}

function Row({ preset, onEdit, onRemove }: { preset: PresetFieldsFragment; onEdit: () => void; onRemove: () => void }) {
  const { name, models, systemPrompt, prompt, temperature, topP, maxOutputTokens } = preset;
  const locked = models.filter(({ access }) => !access.allowed && access.denial !== 'INSUFFICIENT_CREDITS');
  const settings = [
    temperature == null ? '' : texts.temperature({ value: temperature }),
    topP == null ? '' : texts.topP({ value: topP }),
    maxOutputTokens == null ? '' : texts.atMost({ tokens: maxOutputTokens }),
  ].filter((words) => words !== '');
  return (
    <div className="flex items-start gap-3 text-sm">
      <Bookmark className="mt-0.5 size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <bdi className="truncate font-medium">{name}</bdi>
        <p className="text-muted-foreground">
          {[list.format(models.map((model) => model.name)) || texts.anyModels, ...settings].join(' · ')}
        </p>
        {systemPrompt == null ? null : (
          <p className="line-clamp-1 text-muted-foreground">
            {sentence(texts.systemPromptOf, { text: <bdi>{systemPrompt}</bdi> })}
          </p>
        )}
        {prompt == null ? null : (
          <p className="line-clamp-2 text-muted-foreground">
            {sentence(texts.promptOf, { text: <bdi>{prompt}</bdi> })}
          </p>
        )}
        {locked.map((model) => (
          <p key={model.id} className="text-warning">
            <span aria-hidden="true">⚠ </span>
            {texts.leftOut({ reason: accessWords(model) ?? '' })}
          </p>
        ))}
      </div>
      {preset.changeable ? (
        <div className="-my-1 flex">
          <Button variant="ghost" size="icon" aria-label={texts.change({ name })} onClick={onEdit}>
            <Pencil />
          </Button>
          <Button variant="ghost" size="icon" aria-label={texts.delete({ name })} onClick={onRemove}>
            <Trash2 />
          </Button>
        </div>
      ) : null}
    </div>
  );
}
