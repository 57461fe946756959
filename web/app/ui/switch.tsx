import { Switch as Primitive } from 'radix-ui';
import type { ComponentProps } from 'react';
import { classes } from './classes.ts';

/** On or off, at once; named by `aria-label`. */
export function Switch({ className, ...props }: ComponentProps<typeof Primitive.Root>) {
  return (
    <Primitive.Root
      className={classes(
        'inline-flex h-5 w-9 shrink-0 items-center rounded-full border border-input bg-muted px-0.5 align-middle transition-colors disabled:opacity-50 data-[state=checked]:border-primary data-[state=checked]:bg-primary',
        className,
      )}
      {...props}
    >
      <Primitive.Thumb className="size-3.5 rounded-full bg-muted-foreground transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-primary-foreground" />
    </Primitive.Root>
  );
}
