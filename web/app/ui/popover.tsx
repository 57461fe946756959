import { Popover as Primitive } from 'radix-ui';
import { type ComponentProps, forwardRef } from 'react';
import { classes } from './classes.ts';

export const Popover = Primitive.Root;
export const PopoverTrigger = Primitive.Trigger;

export const PopoverContent = forwardRef<HTMLDivElement, ComponentProps<typeof Primitive.Content>>(
  function PopoverContent({ className, sideOffset = 8, align = 'start', ...props }, ref) {
    return (
      <Primitive.Portal>
        <Primitive.Content
          ref={ref}
          sideOffset={sideOffset}
          align={align}
          collisionPadding={12}
          className={classes(
            'z-50 max-w-[calc(100vw-24px)] animate-enter rounded-lg border bg-popover shadow-float outline-none',
            className,
          )}
          {...props}
        />
      </Primitive.Portal>
    );
  },
);
