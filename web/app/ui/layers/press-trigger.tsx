import { forwardRef } from 'react';
import { triggerAttributes, useLayerControl } from './control.tsx';
import { expectLayers } from './loading.ts';
import { Slot, type SlotProps, useBothRefs } from './slot.tsx';

export type TriggerProps = SlotProps & { asChild: true };

/** Makes its child, a button, open and close a popover or a dialog. */
export const PressTrigger = forwardRef<HTMLElement, TriggerProps>(function PressTrigger(
  { asChild: _, onPointerEnter, onFocus, onClick, ...props },
  ref,
) {
  const control = useLayerControl();
  return (
    <Slot
      {...triggerAttributes(control, 'dialog')}
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
      onClick={(event) => {
        onClick?.(event);
        if (!event.defaultPrevented) control.setOpen(!control.open);
      }}
    />
  );
});
