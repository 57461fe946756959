import { ui as texts } from 'texts:everywhere';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import { LayerRoot, useLayerControl, useOpenedLayers } from './layers/control.tsx';
import type { DialogProps } from './layers/layers.tsx';
import { openLayers } from './layers/loading.ts';
import { PressTrigger } from './layers/press-trigger.tsx';

export const Dialog = LayerRoot;
export const DialogTrigger = PressTrigger;

export function DialogDescription(props: DialogProps<'Description'>) {
  const { dialog } = openLayers();
  return <dialog.Description {...props} />;
}

export function DialogClose(props: DialogProps<'Close'>) {
  const { dialog } = openLayers();
  return <dialog.Close {...props} />;
}

/** The title, which leaves room for the button that closes the dialog. */
export function DialogTitle({ className, ...props }: DialogProps<'Title'>) {
  const { dialog } = openLayers();
  return <dialog.Title className={classes('pe-10 text-lg font-semibold', className)} {...props} />;
}

interface DialogContentProps extends DialogProps<'Content'> {
  /** `center` for a question, `top` for a palette, `start` or `bottom` for a sheet. */
  place?: 'center' | 'top' | 'start' | 'bottom';
  /** What takes the dialog's place, and the keys, until what dialogs are made with is loaded; absent: nothing. */
  early?: ReactNode;
}

// A question may quote a long name: it breaks rather than run out of its dialog.
const places = {
  center:
    'top-1/2 left-1/2 w-[min(480px,calc(100vw-32px))] -translate-x-1/2 -translate-y-1/2 rounded-lg border p-6 wrap-anywhere',
  top: 'top-[12vh] left-1/2 w-[min(600px,calc(100vw-32px))] -translate-x-1/2 overflow-hidden rounded-lg border',
  bottom: 'inset-x-0 bottom-0 flex max-h-[85dvh] flex-col rounded-t-lg border-t',
  start: 'inset-y-0 start-0 w-[min(304px,calc(100vw-56px))] animate-enter-side border-e',
};

/** Focuses a sheet itself where fingers point: a field with the focus would bring up the keyboard. */
function keepKeyboardAway(event: Event) {
  if (!matchMedia('(pointer: coarse)').matches) return;
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus({ preventScroll: true });
}

const scrim = 'fixed inset-0 z-40 bg-scrim';

export function DialogContent({ className, place = 'center', early, children, ...props }: DialogContentProps) {
  const control = useLayerControl();
  const layers = useOpenedLayers(control);
  const isSheet = place === 'start' || place === 'bottom';
  const look = classes(
    'fixed bg-popover shadow-float outline-none',
    // Toasts lie between: over a sheet, which takes the clicks from all else, and under what has to be answered.
    isSheet ? 'z-40' : 'z-50',
    places[place],
    className,
  );
  if (!layers) {
    return control.open && early !== undefined ? (
      <>
        <div className={scrim} />
        <div role="dialog" className={look}>
          {early}
        </div>
      </>
    ) : null;
  }
  return (
    <layers.DialogLayer control={control} scrim={scrim}>
      <layers.dialog.Content
        id={control.id}
        onInteractOutside={layers.keepForToasts}
        onOpenAutoFocus={isSheet ? keepKeyboardAway : undefined}
        className={look}
        {...props}
      >
        {children}
        {place === 'center' ? (
          <layers.dialog.Close asChild>
            <Button variant="ghost" size="icon" className="absolute end-4 top-4" aria-label={texts.close}>
              <X />
            </Button>
          </layers.dialog.Close>
        ) : null}
      </layers.dialog.Content>
    </layers.DialogLayer>
  );
}
