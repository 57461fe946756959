import { sets as texts } from 'texts:evaluations';
import { type FormEvent, useId, useState } from 'react';
import {
  AddPromptsToSetDocument,
  CreatePromptSetDocument,
  type FileFieldsFragment,
  type PromptsInput,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Input, Textarea } from '../ui/input.tsx';
import { Select } from '../ui/select.tsx';
import { useFileParts } from './file-parts.ts';
import { noPrompt, PromptFields, type TypedPrompt, toPrompt } from './prompt-fields.tsx';
import { Refusal } from './refusal.tsx';
import { useAction } from './use-action.ts';

type Form = 'LINES' | 'ONE' | 'CSV' | 'JSONL';

const placeholders: Record<Exclude<Form, 'ONE'>, string> = {
  LINES: texts.exampleLines,
  CSV: 'prompt,reference,topic\n"What is 2 + 2?",4,arithmetic',
  JSONL: '{"prompt": "What is 2 + 2?", "reference": "4", "topic": "arithmetic"}',
};

/** Makes a set, or adds prompts to one: one a line, or pasted as CSV or JSONL. */
export function PromptForm({ setId, onMade }: { setId: string | null; onMade?: (id: string) => void }) {
  const action = useAction();
  const { useFormFiles } = useFileParts();
  const { files, isWhole, clear, around } = useFormFiles(noFiles);
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [one, setOne] = useState(noPrompt);
  const [form, setForm] = useState<Form>('LINES');
  const [nameId, textId] = [useId(), useId()];

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    const prompts = form === 'ONE' ? promptsOfOne(one, files) : promptsOf(text, form);
    const made =
      setId === null
        ? await action.act(CreatePromptSetDocument, { input: { name }, prompts })
        : prompts && (await action.act(AddPromptsToSetDocument, { id: setId, input: prompts }));
    if (!made) return;
    setName('');
    setText('');
    setOne(noPrompt);
    clear();
    if ('createPromptSet' in made) onMade?.(made.createPromptSet.id);
  }

  const isTyped = (form === 'ONE' ? one.prompt : text).trim() !== '';
  const isComplete = (setId === null ? name.trim() !== '' : isTyped) && (form !== 'ONE' || isWhole);
  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void save(event)}>
      {setId === null ? (
        <div className="flex flex-col gap-1">
          <label htmlFor={nameId} className="text-sm font-medium">
            {texts.name}
          </label>
          <Input id={nameId} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </div>
      ) : null}
      <div className="flex flex-col gap-1">
        <div className="flex flex-wrap items-center justify-between gap-2">
          {form === 'ONE' ? (
            <span className="text-sm font-medium">{texts.onePrompt}</span>
          ) : (
            <label htmlFor={textId} className="text-sm font-medium">
              {texts.prompts}
            </label>
          )}
          <Select
            aria-label={texts.formOfPrompts}
            value={form}
            onChange={(event) => setForm(event.target.value as Form)}
          >
            <option value="LINES">{texts.oneALine}</option>
            <option value="ONE">{texts.oneWithFiles}</option>
            <option value="CSV">CSV</option>
            {/* not read by people: the name of a format */}
            <option value="JSONL">JSONL</option>
          </Select>
        </div>
        {form === 'ONE' ? null : (
          <Textarea
            id={textId}
            rows={5}
            className="text-sm"
            placeholder={placeholders[form]}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </div>
      {form === 'ONE' ? around(<PromptFields fields={one} onFields={setOne} />) : null}
      <Refusal text={action.refusal} />
      <div>
        <Button type="submit" variant="primary" size="small" disabled={!isComplete || action.busy}>
          {setId === null ? texts.makeSet : texts.add}
        </Button>
      </div>
    </form>
  );
}

const noFiles: readonly FileFieldsFragment[] = [];

function promptsOfOne(one: TypedPrompt, files: readonly FileFieldsFragment[]): PromptsInput | null {
  return one.prompt.trim() === '' ? null : { prompts: [toPrompt(one, files)] };
}

function promptsOf(text: string, form: Exclude<Form, 'ONE'>): PromptsInput | null {
  if (text.trim() === '') return null;
  if (form !== 'LINES') return { text, format: form };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return { prompts: lines.map((prompt) => ({ prompt })) };
}
