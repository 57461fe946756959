import { DropdownMenu as Primitive } from 'radix-ui';
import { type ComponentProps, forwardRef } from 'react';
import { classes } from './classes.ts';

export const Menu = Primitive.Root;
export const MenuTrigger = Primitive.Trigger;

export const MenuContent = forwardRef<HTMLDivElement, ComponentProps<typeof Primitive.Content>>(function MenuContent(
  { className, sideOffset = 4, ...props },
  ref,
) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        ref={ref}
        sideOffset={sideOffset}
        collisionPadding={12}
        className={classes(
          'z-50 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-44 animate-enter overflow-y-auto rounded-lg border bg-popover p-1 shadow-float',
          className,
        )}
        {...props}
      />
    </Primitive.Portal>
  );
});

const itemLook =
  'flex items-center gap-2 rounded-sm px-2 py-1.5 max-md:min-h-[44px] text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground';

export const MenuItem = forwardRef<HTMLDivElement, ComponentProps<typeof Primitive.Item>>(function MenuItem(
  { className, ...props },
  ref,
) {
  return <Primitive.Item ref={ref} className={classes(itemLook, className)} {...props} />;
});

export const MenuRadioGroup = Primitive.RadioGroup;

export const MenuRadioItem = forwardRef<HTMLDivElement, ComponentProps<typeof Primitive.RadioItem>>(
  function MenuRadioItem({ className, ...props }, ref) {
    return <Primitive.RadioItem ref={ref} className={classes(itemLook, className)} {...props} />;
  },
);

export const SubMenu = Primitive.Sub;

/** An item that opens a menu beside it. */
export function SubMenuTrigger({ className, ...props }: ComponentProps<typeof Primitive.SubTrigger>) {
  return <Primitive.SubTrigger className={classes(itemLook, 'data-[state=open]:bg-hover', className)} {...props} />;
}

export function SubMenuContent({ className, ...props }: ComponentProps<typeof Primitive.SubContent>) {
  return (
    <Primitive.Portal>
      <Primitive.SubContent
        collisionPadding={12}
        className={classes('z-50 min-w-40 animate-enter rounded-lg border bg-popover p-1 shadow-float', className)}
        {...props}
      />
    </Primitive.Portal>
  );
}

export function MenuLabel({ className, ...props }: ComponentProps<typeof Primitive.Label>) {
  return <Primitive.Label className={classes('px-2 py-1 text-xs text-muted-foreground', className)} {...props} />;
}

export function MenuSeparator() {
  return <Primitive.Separator className="my-1 h-px bg-border" />;
}
