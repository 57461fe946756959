import { type ComponentProps, type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { LabelledField } from '../labelled-field.tsx';

interface OneFieldFormProps
  extends Pick<
    ComponentProps<typeof LabelledField>,
    'label' | 'type' | 'autoComplete' | 'inputMode' | 'autoFocus' | 'hint'
  > {
  submit: string;
  /** Whether the button looks dangerous. */
  danger?: boolean;
  /** Resolves to why the text was refused; null: it was taken. */
  onSubmit: (text: string) => Promise<string | null>;
  /** More buttons, beside the one that submits. */
  children?: ReactNode;
}

/** A form that asks for one thing, such as the password or a code. */
export function OneFieldForm({ submit, danger = false, onSubmit, children, ...field }: OneFieldFormProps) {
  const [refusal, setRefusal] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);

  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setRefusal(undefined);
    const refused = await onSubmit(String(new FormData(form).get('text') ?? ''));
    setBusy(false);
    if (refused === null) return;
    setRefusal(refused);
    form.querySelector<HTMLInputElement>('[name=text]')?.focus();
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void send(event)} noValidate>
      <LabelledField name="text" error={refusal} {...field} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant={danger ? 'danger' : 'primary'} disabled={busy}>
          {submit}
        </Button>
        {children}
      </div>
    </form>
  );
}
