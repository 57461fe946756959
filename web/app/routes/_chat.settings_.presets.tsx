import { presets as presetTexts, settings as texts } from 'texts:account';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Plus } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { Page } from '../frame/page.tsx';
import { PageTabs } from '../frame/page-tabs.tsx';
import { settingsPages, tabTitle } from '../frame/pages.ts';
import { PresetsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { PresetChoicesProvider } from '../presets/preset-choices.ts';
import { PresetForm } from '../presets/preset-form.tsx';
import { PresetList } from '../presets/preset-list.tsx';
import { usePresetActions } from '../presets/use-preset-actions.ts';
import { Button } from '../ui/button.tsx';
import { Select } from '../ui/select.tsx';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.presets) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer } = await query(args, PresetsDocument, {});
  return { presets: viewer?.presets ?? [], defaultId: viewer?.defaultPreset?.id ?? null };
}

export default function Presets() {
  const { viewer, models } = useFrame();
  const { presets, defaultId } = useLoaderData<typeof loader>();
  const { actions, removed } = usePresetActions();
  const [editing, setEditing] = useState<string | null>(null);
  const isAdmin = viewer.role === 'ADMIN';
  const limit = viewer.tier.modelsPerPrompt;
  const choices = useMemo(() => ({ models, limit, isAdmin }), [models, limit, isAdmin]);
  const kept = presets.filter(({ id }) => !removed.has(id));
  const shared = kept.filter((preset) => preset.shared);
  const list = { editing, onEdit: setEditing, actions };
  return (
    <Page title={texts.settings} width="normal" nav={<PageTabs label={texts.settings} pages={settingsPages} />}>
      <PresetChoicesProvider value={choices}>
        <div className="flex items-start justify-between gap-4 max-md:flex-col">
          <p className="max-w-[70ch] text-sm text-muted-foreground">{presetTexts.about}</p>
          <Button className="shrink-0" onClick={() => setEditing('new')}>
            <Plus /> {presetTexts.new}
          </Button>
        </div>
        {editing === 'new' ? (
          <section className="rounded-lg border bg-card px-4 py-3">
            <PresetForm preset={null} actions={actions} onDone={() => setEditing(null)} />
          </section>
        ) : null}
        <PresetList
          id="own-presets"
          title={presetTexts.yours}
          presets={kept.filter((preset) => !preset.shared)}
          empty={presetTexts.noneYours}
          {...list}
        />
        <PresetList
          id="shared-presets"
          title={presetTexts.shared}
          presets={shared}
          empty={isAdmin ? presetTexts.noneSharedAdmin : presetTexts.noneShared}
          {...list}
        />
        {isAdmin && shared.length > 0 ? (
          <DefaultChoice presets={shared} chosen={defaultId} onChoose={(id) => void actions.setDefault(id)} />
        ) : null}
      </PresetChoicesProvider>
    </Page>
  );
}

function DefaultChoice({
  presets,
  chosen,
  onChoose,
}: {
  presets: readonly { id: string; name: string }[];
  chosen: string | null;
  onChoose: (id: string | null) => void;
}) {
  const id = useId();
  return (
    <div className="flex flex-col items-start gap-1 text-sm">
      <label htmlFor={id} className="font-medium">
        {presetTexts.newChatsBegin}
      </label>
      <Select
        id={id}
        className="min-w-60"
        value={presets.some((preset) => preset.id === chosen) ? (chosen ?? '') : ''}
        onChange={({ target }) => onChoose(target.value === '' ? null : target.value)}
      >
        <option value="">{presetTexts.noPreset}</option>
        {presets.map((preset) => (
          <option key={preset.id} value={preset.id}>
            {preset.name}
          </option>
        ))}
      </Select>
      <p className="text-xs text-muted-foreground">{presetTexts.canLeave}</p>
    </div>
  );
}
