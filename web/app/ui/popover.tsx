import { classes } from './classes.ts';
import { LayerRoot, useLayerControl, useOpenedLayers } from './layers/control.tsx';
import type { PopoverProps } from './layers/layers.tsx';
import { PressTrigger } from './layers/press-trigger.tsx';

export const Popover = LayerRoot;
export const PopoverTrigger = PressTrigger;

export function PopoverContent({ className, sideOffset = 8, align = 'start', ...props }: PopoverProps) {
  const control = useLayerControl();
  const layers = useOpenedLayers(control);
  if (!layers) return null;
  return (
    <layers.PopoverLayer control={control}>
      <layers.popover.Content
        id={control.id}
        onInteractOutside={layers.keepForToasts}
        sideOffset={sideOffset}
        align={align}
        collisionPadding={12}
        className={classes(
          'z-50 max-w-[calc(100vw-24px)] animate-enter rounded-lg border bg-popover shadow-float outline-none',
          className,
        )}
        {...props}
      />
    </layers.PopoverLayer>
  );
}
