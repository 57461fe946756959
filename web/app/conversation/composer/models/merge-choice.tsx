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
  { mode: 'COMBINE', label: 'Combine', text: 'One answer that keeps what is right in each' },
  { mode: 'COMPARE', label: 'Compare', text: 'What they agree on, and where they differ' },
  { mode: 'JUDGE', label: 'Judge', text: 'Which is the best one, and why' },
];

/** Asks for one answer more, which a model makes of the others. */
export function MergeChoice({ models, merge, blind, onMerge }: MergeChoiceProps) {
  return (
    <Popover>
      <Tooltip text={merge ? 'One more answer is made of the others' : 'Have one more answer made of the others'}>
        <PopoverTrigger asChild>
          <button
            type="button"
            aria-label={merge ? 'And a merge of them: change' : 'Add a merge of them'}
            className={classes(
              'flex h-7 items-center gap-1.5 rounded-md border px-2 text-sm transition-colors [&_svg]:size-3.5',
              merge
                ? 'border-primary bg-primary-soft text-primary'
                : 'text-muted-foreground hover:bg-hover data-[state=open]:bg-hover',
            )}
          >
            <Merge aria-hidden="true" />
            Merge
          </button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent side="top" className="w-80 p-4 text-sm" aria-label="A merge of the answers">
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
        <legend className="mb-1 font-medium">A merge of the answers</legend>
        <Option name={`${fieldId}-mode`} label="None" checked={!mode} onChange={() => onMerge(undefined)} />
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
            By
          </label>
          <Select
            id={`${fieldId}-model`}
            className="h-9 w-full max-md:text-[16px]"
            value={merge.modelId ?? ''}
            onChange={({ target }) => onMerge({ ...merge, modelId: target.value || null })}
          >
            <option value="">{blind ? 'Any of the models that are asked' : 'The first model that is asked'}</option>
            {allowed.map(({ id, name, provider }) => (
              <option key={id} value={id}>
                {name} · {provider.name}
              </option>
            ))}
          </Select>
        </div>
      ) : null}
      <p className="text-muted-foreground">
        {blind
          ? 'It hides among the others, so that your verdict says whether merging is worth its price.'
          : 'It is written when the others are complete, and reads them without names.'}
      </p>
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
