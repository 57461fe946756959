import { type ButtonHTMLAttributes, forwardRef } from 'react';
import { classes } from './classes.ts';
import { Slot } from './layers/slot.tsx';

const look =
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0';

const variants = {
  primary: 'bg-primary text-primary-foreground hover:bg-primary-hover',
  outline: 'border border-input bg-card hover:bg-hover',
  ghost: 'text-muted-foreground hover:bg-hover hover:text-foreground',
  danger: 'border border-input bg-card text-destructive hover:bg-destructive-soft',
};

const sizes = {
  default: 'h-9 px-4 text-sm in-[.touch]:max-md:h-[44px]',
  small: 'h-8 px-3 text-sm in-[.touch]:max-md:h-[44px]',
  icon: 'size-8 in-[.touch]:max-md:size-[44px]',
  large: 'h-10 px-4',
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: keyof typeof variants;
  size?: keyof typeof sizes;
  /** Renders the child (a link, say) with the button's looks. */
  asChild?: boolean;
}

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { className, variant = 'outline', size = 'default', asChild = false, type = 'button', ...props },
  ref,
) {
  const Element = asChild ? Slot : 'button';
  return (
    <Element
      ref={ref}
      {...(asChild ? {} : { type })}
      className={classes(look, variants[variant], sizes[size], className)}
      {...props}
    />
  );
});
