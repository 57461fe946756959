import { type ReactNode, useId } from 'react';
import { Input } from '../ui/input.tsx';

/** A form field with its label above it, and its hint or its error below it. */
export function LabelledField({
  name,
  label,
  hint,
  error,
  ...input
}: {
  name: string;
  label: string;
  type?: string;
  autoComplete: string;
  inputMode?: 'numeric';
  autoFocus?: boolean;
  hint?: ReactNode;
  error: string | undefined;
}) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <Input
        id={id}
        name={name}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        required
        {...input}
      />
      <p
        id={`${id}-note`}
        role={error ? 'alert' : undefined}
        className={error ? 'text-sm text-destructive' : 'text-sm text-muted-foreground'}
      >
        {error ?? hint}
      </p>
    </div>
  );
}
