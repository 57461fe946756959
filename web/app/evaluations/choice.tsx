import { type ComponentProps, useId } from 'react';
import { Select } from '../ui/select.tsx';

interface ChoiceProps extends ComponentProps<typeof Select> {
  label: string;
}

/** A select with its label before it. */
export function Choice({ label, ...props }: ChoiceProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-2 text-sm">
      <label htmlFor={id}>{label}</label>
      <Select id={id} {...props} />
    </div>
  );
}
