import { merging as texts } from 'texts:chat';
import { Merge } from 'lucide-react';
import { useId } from 'react';
import type { MergeMode, ModelChoiceFragment } from '../../../graphql/generated/graphql.ts';
import { classes } from '../../../ui/classes.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../../../ui/popover.tsx';
import { Select } from '../../../ui/select.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';
import type { MergeChoice as Chosen } from '../../turns/asking.ts';

interface MergeChoiceProps {
  models: readonly ModelChoiceFragment[];
  merge: Chosen | undefined;
  /** Whether the answers are judged blindly: then a merge can only combine them. */
  blind: boolean;
  onMerge: (merge: Chosen | undefined) => void;
}

const modes: { mode: MergeMode; label: string; text: string }[] = [
  { mode: 'COMBINE', label: texts.combine, text: texts.combineMeaning },
  { mode: 'COMPARE', label: texts.compare, text: texts.compareMeaning },
  { mode: 'JUDGE', label: texts.judge, text: texts.judgeMeaning },
];

/** Asks for one answer more, which a model makes of the others. */
export function MergeChoice({ models, merge, blind, onMerge }: MergeChoiceProps) {
  return (
    <Popover>
      <Tooltip text={merge ? texts.oneMore : texts.haveOneMore}>
        <PopoverTrigger asChild>
          <button
            type="button"
            aria-label={merge ? texts.change : texts.add}
            className={classes(
              'flex h-7 items-center gap-1.5 rounded-md border px-2 text-sm transition-colors [&_svg]:size-3.5',
              merge
                ? 'border-primary bg-primary-soft text-primary'
                : 'text-muted-foreground hover:bg-hover data-[state=open]:bg-hover',
            )}
          >
            <Merge aria-hidden="true" />
            {texts.merge}
          </button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent side="top" className="w-80 p-4 text-sm" aria-label={texts.title}>
        <MergeForm {...{ models, merge, blind, onMerge }} />
      </PopoverContent>
    </Popover>
  );
}

function MergeForm({ models, merge, blind, onMerge }: MergeChoiceProps) {
  const fieldId = useId();
  const mode = merge && (blind ? 'COMBINE' : merge.mode);
  const allowed = models.filter(({ access }) => access.allowed);
  return (
    <div className="flex flex-col gap-3">
      <fieldset className="flex flex-col">
        <legend className="mb-1 font-medium">{texts.title}</legend>
        <Option name={`${fieldId}-mode`} label={texts.none} checked={!mode} onChange={() => onMerge(undefined)} />
        {modes
          .filter((one) => !blind || one.mode === 'COMBINE')
          .map((one) => (
            <Option
              key={one.mode}
              name={`${fieldId}-mode`}
              label={one.label}
              text={one.text}
              checked={mode === one.mode}
              onChange={() => onMerge({ modelId: merge?.modelId ?? null, mode: one.mode })}
            />
          ))}
      </fieldset>
      {merge ? (
        <div className="flex flex-col gap-1">
          <label htmlFor={`${fieldId}-model`} className="font-medium">
            {texts.by}
          </label>
          <Select
            id={`${fieldId}-model`}
            className="h-9 w-full max-md:text-[16px]"
            value={merge.modelId ?? ''}
            onChange={({ target }) => onMerge({ ...merge, modelId: target.value || null })}
          >
            <option value="">{blind ? texts.anyAsked : texts.firstAsked}</option>
            {allowed.map(({ id, name, provider }) => (
              <option key={id} value={id}>
                {name} · {provider.name}
              </option>
            ))}
          </Select>
        </div>
      ) : null}
      <p className="text-muted-foreground">{blind ? texts.hides : texts.readsOthers}</p>
    </div>
  );
}

interface OptionProps {
  name: string;
  label: string;
  text?: string;
  checked: boolean;
  onChange: () => void;
}

function Option({ name, label, text, checked, onChange }: OptionProps) {
  return (
    <label className="-mx-2 flex cursor-pointer items-start gap-2 rounded-md px-2 py-1.5 hover:bg-hover max-md:py-2.5">
      <input type="radio" name={name} checked={checked} onChange={onChange} className="mt-1 accent-primary" />
      <span className="min-w-0">
        {label}
        {text ? <span className="block text-muted-foreground">{text}</span> : null}
      </span>
    </label>
  );
}
