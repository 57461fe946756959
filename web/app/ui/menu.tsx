import { forwardRef } from 'react';
import { classes } from './classes.ts';
import { LayerRoot, triggerAttributes, useLayerControl, useOpenedLayers } from './layers/control.tsx';
import type { MenuProps } from './layers/layers.tsx';
import { expectLayers, openLayers } from './layers/loading.ts';
import type { TriggerProps } from './layers/press-trigger.tsx';
import { Slot, useBothRefs } from './layers/slot.tsx';

export const Menu = LayerRoot;

/** Makes its child, a button, open a menu: when it is pressed down, or by Enter, the space bar and the arrow down. */
export const MenuTrigger = forwardRef<HTMLElement, TriggerProps>(function MenuTrigger(
  { asChild: _, onPointerEnter, onFocus, onPointerDown, onKeyDown, ...props },
  ref,
) {
  const control = useLayerControl();
  return (
    <Slot
      {...triggerAttributes(control, 'menu')}
      {...props}
      ref={useBothRefs(control.trigger, ref)}
      onPointerEnter={(event) => {
        onPointerEnter?.(event);
        expectLayers();
      }}
      onFocus={(event) => {
        onFocus?.(event);
        expectLayers();
      }}
      onPointerDown={(event) => {
        onPointerDown?.(event);
        if (event.defaultPrevented || event.button !== 0 || event.ctrlKey) return;
        // The trigger takes no focus, which the menu will have.
        if (!control.open) event.preventDefault();
        control.byKey.current = false;
        control.setOpen(!control.open);
      }}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        if (event.defaultPrevented || !['Enter', ' ', 'ArrowDown'].includes(event.key)) return;
        event.preventDefault();
        control.byKey.current = true;
        control.setOpen(event.key === 'ArrowDown' || !control.open);
      }}
    />
  );
});

export function MenuContent({ className, sideOffset = 4, ...props }: MenuProps<'Content'>) {
  const control = useLayerControl();
  const layers = useOpenedLayers(control);
  if (!layers) return null;
  return (
    <layers.MenuLayer control={control}>
      <layers.menu.Content
        id={control.id}
        aria-labelledby={`${control.id}-trigger`}
        sideOffset={sideOffset}
        collisionPadding={12}
        className={classes(
          'z-50 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-44 animate-enter overflow-y-auto rounded-lg border bg-popover p-1 shadow-float',
          className,
        )}
        {...(control.byKey.current && focusFirst)}
        {...props}
      />
    </layers.MenuLayer>
  );
}

/** The package knows only of keys that were pressed since its menu was rendered, and its types do not tell of this handler. */
const focusFirst: object = {
  onOpenAutoFocus(event: Event) {
    event.preventDefault();
    const first = '[role^=menuitem]:not([data-disabled])';
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(first)?.focus({ preventScroll: true });
  },
};

const itemLook =
  'flex items-center gap-2 rounded-sm px-2 py-1.5 max-md:min-h-[44px] text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground';

export function MenuItem({ className, ...props }: MenuProps<'Item'>) {
  const { menu } = openLayers();
  return <menu.Item className={classes(itemLook, className)} {...props} />;
}

export function MenuRadioGroup(props: MenuProps<'RadioGroup'>) {
  const { menu } = openLayers();
  return <menu.RadioGroup {...props} />;
}

export function MenuRadioItem({ className, ...props }: MenuProps<'RadioItem'>) {
  const { menu } = openLayers();
  return <menu.RadioItem className={classes(itemLook, className)} {...props} />;
}

export function SubMenu(props: MenuProps<'Sub'>) {
  const { menu } = openLayers();
  return <menu.Sub {...props} />;
}

/** An item that opens a menu beside it. */
export function SubMenuTrigger({ className, ...props }: MenuProps<'SubTrigger'>) {
  const { menu } = openLayers();
  return <menu.SubTrigger className={classes(itemLook, 'data-[state=open]:bg-hover', className)} {...props} />;
}

export function SubMenuContent({ className, ...props }: MenuProps<'SubContent'>) {
  const { menu } = openLayers();
  return (
    <menu.Portal>
      <menu.SubContent
        collisionPadding={12}
        className={classes('z-50 min-w-40 animate-enter rounded-lg border bg-popover p-1 shadow-float', className)}
        {...props}
      />
    </menu.Portal>
  );
}

export function MenuLabel({ className, ...props }: MenuProps<'Label'>) {
  const { menu } = openLayers();
  return <menu.Label className={classes('px-2 py-1 text-xs text-muted-foreground', className)} {...props} />;
}

export function MenuSeparator() {
  const { menu } = openLayers();
  return <menu.Separator className="my-1 h-px bg-border" />;
}
