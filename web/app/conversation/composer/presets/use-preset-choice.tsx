import {
  type ComponentProps,
  forwardRef,
  type KeyboardEvent,
  lazy,
  type ReactNode,
  type RefObject,
  Suspense,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import type { ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import type { Asking, Choice } from '../../turns/asking.ts';
import { type AppliedPreset, withoutPreset, withPreset } from './applied-preset.ts';
import { isPromptOnly, type Preset } from './preset-store.ts';
import { variablesOf } from './prompt-text.ts';
import type { SlashKeys, SlashMenuProps } from './slash-menu.tsx';

// A slash is typed by chance too: if the menu cannot be loaded, the page stays.
const SlashMenu = lazy(() => import('./slash-menu.tsx').catch(() => ({ default: NoMenu })));
const NoMenu = forwardRef<SlashKeys, SlashMenuProps>(() => null);
const VariablesForm = lazy(() => import('./variables-form.tsx'));
const SaveForm = lazy(() => import('./save-form.tsx'));

/** The preset that a new chat begins with. */
export interface Beginning {
  preset: Preset;
  /** Whether the address names it. Otherwise it is the house's, which leaves what the member has begun to write alone. */
  isNamed: boolean;
  /** What is asked when the preset is left. */
  modelIds: readonly string[];
}

interface PresetChoiceOptions {
  form: RefObject<HTMLFormElement>;
  draft: string;
  onDraft: (draft: string) => void;
  asking: Asking;
  onAsking: (asking: Asking) => void;
  models: readonly ModelChoiceFragment[];
  /** How many models one prompt may ask. */
  limit: number;
  applied: AppliedPreset | null;
  /** The preset that a new chat begins with; null: none. */
  beginning: Beginning | null;
  /** What the conversation asked last, or begins with. */
  asked: Choice;
  onApplied: (applied: AppliedPreset | null) => void;
}

export type PresetField = Pick<
  ComponentProps<'textarea'>,
  'onFocus' | 'onBlur' | 'aria-autocomplete' | 'aria-haspopup' | 'aria-controls' | 'aria-activedescendant'
>;

export interface PresetChoice {
  choose: (preset: Preset) => void;
  /** Puts models and settings back to what they were before the preset. */
  leave: () => void;
  /** Asks for a name under which the models and settings are saved. */
  save: () => void;
  /** Whether the menu has used the key. */
  onKeyDown: (event: KeyboardEvent) => boolean;
  /** For the prompt's field, which holds the focus while the menu is open. */
  field: PresetField;
  menu: ReactNode;
  dialogs: ReactNode;
}

/** A prompt longer than this is no search for a preset. */
const queryLengthMax = 80;

/** Chooses presets: by a slash at the beginning of the prompt, or for whoever calls `choose`. */
export function usePresetChoice(options: PresetChoiceOptions): PresetChoice {
  const { form, draft, onDraft, asking, onAsking, models, limit, applied, onApplied } = options;
  const { beginning, asked } = options;
  const menuId = useId();
  const keys = useRef<SlashKeys>(null);
  const [focused, setFocused] = useState(false);
  const [dismissed, setDismissed] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const [open, setOpen] = useState<Preset | 'save' | null>(null);
  const isSearch = draft.startsWith('/') && !draft.includes('\n') && draft.length <= queryLengthMax;
  if (dismissed && !isSearch) setDismissed(false);
  const listed = focused && isSearch && !dismissed;
  const focus = () => form.current?.querySelector('textarea')?.focus();
  const fill = (prompt: string) => {
    const written = isSearch ? '' : draft;
    onDraft(written.trim() ? `${prompt}\n\n${written}` : prompt);
  };

  function choose(preset: Preset, before = applied ? withoutPreset(asking, applied) : asking): void {
    if (!isPromptOnly(preset)) {
      const { asking: set, applied: now } = withPreset(before, preset, { models, limit });
      onAsking(set);
      onApplied(now);
    }
    const { prompt } = preset;
    if (prompt == null) {
      if (isSearch) onDraft('');
    } else if (variablesOf(prompt).length === 0) fill(prompt);
    else {
      setOpen(preset);
      return;
    }
    focus();
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, when the new chat appears
  useEffect(() => {
    if (!beginning || applied?.id === beginning.preset.id) return;
    const { parameters, ...choice } = asking;
    const isUntouched = !applied && draft === '' && JSON.stringify(choice) === JSON.stringify(asked);
    if (!beginning.isNamed && !(isUntouched && Object.keys(parameters).length === 0)) return;
    choose(beginning.preset, { ...asking, modelIds: [...beginning.modelIds] });
  }, []);

  return {
    choose: (preset) => choose(preset),
    leave() {
      if (applied) onAsking(withoutPreset(asking, applied));
      onApplied(null);
      focus();
    },
    save: () => setOpen('save'),
    onKeyDown(event) {
      if (!listed || event.nativeEvent.isComposing) return false;
      if (event.key === 'Escape') setDismissed(true);
      // Until the menu is there, Enter must not send what is typed for it.
      else if (!(keys.current?.onKeyDown(event) ?? event.key === 'Enter')) return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    field: {
      onFocus: () => setFocused(true),
      onBlur: () => setFocused(false),
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      'aria-controls': listed && active ? menuId : undefined,
      'aria-activedescendant': listed && active ? active : undefined,
    },
    menu: listed ? (
      <Suspense fallback={null}>
        <SlashMenu
          ref={keys}
          id={menuId}
          query={draft.slice(1)}
          onChoose={(preset) => choose(preset)}
          onActive={setActive}
        />
      </Suspense>
    ) : null,
    dialogs: (
      <PresetDialogs
        {...{ open, asking, draft, models }}
        onSaved={onApplied}
        onFilled={fill}
        onClose={() => setOpen(null)}
        onClosed={focus}
      />
    ),
  };
}

function PresetDialogs({
  open,
  asking,
  draft,
  models,
  onSaved,
  onFilled,
  onClose,
  onClosed,
}: Pick<PresetChoiceOptions, 'asking' | 'draft' | 'models'> & {
  /** The preset whose variables are asked for, or the form that saves one; null: neither. */
  open: Preset | 'save' | null;
  onSaved: (applied: AppliedPreset) => void;
  onFilled: (prompt: string) => void;
  onClose: () => void;
  onClosed: () => void;
}) {
  if (open === null) return null;
  return (
    <Suspense fallback={null}>
      {open === 'save' ? (
        <SaveForm
          {...{ asking, draft, onClose, onClosed }}
          modelNames={asking.modelIds.map((id) => models.find((model) => model.id === id)?.name ?? id)}
          onSaved={(saved) => {
            onSaved(saved);
            onClose();
          }}
        />
      ) : (
        <VariablesForm
          {...{ onClose, onClosed }}
          name={open.name}
          prompt={open.prompt ?? ''}
          onFilled={(prompt) => {
            onFilled(prompt);
            onClose();
          }}
        />
      )}
    </Suspense>
  );
}
