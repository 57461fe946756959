import { forwardRef, type InputHTMLAttributes, type TextareaHTMLAttributes } from 'react';
import { classes } from './classes.ts';

const field =
  'w-full rounded-md border border-input bg-card px-3 transition-colors hover:border-muted-foreground/50 aria-invalid:border-destructive disabled:opacity-50';

export const Input = forwardRef<HTMLInputElement, InputHTMLAttributes<HTMLInputElement>>(function Input(
  { className, ...props },
  ref,
) {
  return <input ref={ref} className={classes(field, 'h-10 in-[.touch]:max-md:h-[44px]', className)} {...props} />;
});

export const Textarea = forwardRef<HTMLTextAreaElement, TextareaHTMLAttributes<HTMLTextAreaElement>>(function Textarea(
  { className, ...props },
  ref,
) {
  return <textarea ref={ref} className={classes(field, 'py-2', className)} {...props} />;
});
