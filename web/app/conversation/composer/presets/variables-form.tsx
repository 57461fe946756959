import { presets as texts } from 'texts:tools';
import { useId, useMemo, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../../../ui/dialog.tsx';
import { Textarea } from '../../../ui/input.tsx';
import { filled, variablesOf } from './prompt-text.ts';

interface VariablesFormProps {
  name: string;
  prompt: string;
  /** Called with the prompt, its variables filled in. */
  onFilled: (prompt: string) => void;
  onClose: () => void;
  /** Gives the focus back when the form is gone. */
  onClosed: () => void;
}

/** A field for each variable of a prompt. An empty field leaves nothing in its place. */
export default function VariablesForm({ name, prompt, onFilled, onClose, onClosed }: VariablesFormProps) {
  const id = useId();
  const variables = useMemo(() => variablesOf(prompt), [prompt]);
  const [values, setValues] = useState(() => new Map(variables.map((one) => [one.name, one.standard])));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          onClosed();
        }}
      >
        <DialogTitle>{name}</DialogTitle>
        <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.fillInMeaning}</DialogDescription>
        <form
          className="mt-4 flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            onFilled(filled(prompt, values));
          }}
        >
          <div className="-mx-1 flex max-h-[50dvh] flex-col gap-4 overflow-y-auto px-1 py-0.5">
            {variables.map((variable, index) => (
              <div key={variable.name} className="flex flex-col gap-1">
                <label htmlFor={`${id}-${index}`} className="text-sm font-medium">
                  {variable.name}
                </label>
                <Textarea
                  id={`${id}-${index}`}
                  rows={Math.min(6, Math.max(1, (values.get(variable.name) ?? '').split('\n').length))}
                  className="max-md:text-[16px]"
                  value={values.get(variable.name) ?? ''}
                  onChange={({ target }) => setValues((before) => new Map(before).set(variable.name, target.value))}
                  onKeyDown={(event) => {
                    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
                    event.preventDefault();
                    event.currentTarget.form?.requestSubmit();
                  }}
                />
              </div>
            ))}
          </div>
          <div className="flex justify-end gap-2">
            <DialogClose asChild>
              <Button>{texts.cancel}</Button>
            </DialogClose>
            <Button variant="primary" type="submit">
              {texts.fillIn}
            </Button>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}
