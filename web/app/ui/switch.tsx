import type { ButtonHTMLAttributes } from 'react';
import { classes } from './classes.ts';

interface SwitchProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'role'> {
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
}

/**
 * A switch that takes effect at once; `aria-label` names it. Radix's own switch puts a hidden field with a style attribute
 * into the server's page, which the Content-Security-Policy refuses.
 */
export function Switch({ checked, onCheckedChange, className, ...props }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      onClick={() => onCheckedChange(!checked)}
      className={classes(
        'inline-flex h-5 w-9 shrink-0 items-center rounded-full border px-0.5 transition-colors disabled:opacity-50 aria-disabled:opacity-50',
        checked ? 'border-primary bg-primary' : 'border-input bg-muted',
        className,
      )}
      {...props}
    >
      <span
        className={classes(
          'size-3.5 rounded-full transition-transform',
          checked ? 'translate-x-4 bg-primary-foreground rtl:-translate-x-4' : 'bg-muted-foreground',
        )}
      />
    </button>
  );
}
