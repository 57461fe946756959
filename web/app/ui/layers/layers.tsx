import { Dialog, DropdownMenu, Popover } from 'radix-ui';
import { type ComponentProps, forwardRef, type MutableRefObject, type ReactNode, useImperativeHandle } from 'react';
import { direction } from '../../languages/locale.ts';
import { isOnToasts } from './toasts.tsx';

// What lies over the page, and the package that it is made with. It is loaded when something is opened, or is soon to be:
// loading.ts. Each root stays once it was rendered, since it gives the focus back after its content has gone.

/** What a layer's trigger and its content share. */
export interface LayerControl {
  id: string;
  open: boolean;
  setOpen: (open: boolean) => void;
  /** The trigger; a layer that is opened otherwise has none. */
  trigger: MutableRefObject<HTMLElement | null>;
  /** Whether a key opened it, so that the first thing in it has the focus at once. */
  byKey: MutableRefObject<boolean>;
}

interface LayerProps {
  control: LayerControl;
  children: ReactNode;
}

/** Stands for a trigger that is in the page already, as the layer's anchor and as what the focus goes back to. */
const TriggerInPlace = forwardRef<HTMLElement, { of: LayerControl['trigger'] }>(function TriggerInPlace({ of }, ref) {
  useImperativeHandle(ref, () => of.current as HTMLElement, [of]);
  return null;
});

export function MenuLayer({ control, children }: LayerProps) {
  return (
    <DropdownMenu.Root open={control.open} onOpenChange={control.setOpen} dir={direction}>
      <DropdownMenu.Trigger asChild>
        <TriggerInPlace of={control.trigger} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>{children}</DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function PopoverLayer({ control, children }: LayerProps) {
  return (
    <Popover.Root open={control.open} onOpenChange={control.setOpen}>
      <Popover.Trigger asChild>
        <TriggerInPlace of={control.trigger} />
      </Popover.Trigger>
      <Popover.Portal>{children}</Popover.Portal>
    </Popover.Root>
  );
}

/** `scrim` is how what dims the page behind the dialog looks. */
export function DialogLayer({ control, scrim, children }: LayerProps & { scrim: string }) {
  return (
    <Dialog.Root open={control.open} onOpenChange={control.setOpen}>
      {control.trigger.current ? (
        <Dialog.Trigger asChild>
          <TriggerInPlace of={control.trigger} />
        </Dialog.Trigger>
      ) : null}
      <Dialog.Portal>
        <Dialog.Overlay className={scrim} />
        {children}
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export const menu: Pick<
  typeof DropdownMenu,
  | 'Content'
  | 'Item'
  | 'RadioGroup'
  | 'RadioItem'
  | 'Sub'
  | 'SubTrigger'
  | 'SubContent'
  | 'Label'
  | 'Separator'
  | 'Portal'
> = DropdownMenu;
export const popover: Pick<typeof Popover, 'Content'> = Popover;
export const dialog: Pick<typeof Dialog, 'Content' | 'Title' | 'Description' | 'Close'> = Dialog;

export type MenuProps<Part extends keyof typeof menu> = ComponentProps<(typeof menu)[Part]>;
export type PopoverProps = ComponentProps<typeof Popover.Content>;
export type DialogProps<Part extends keyof typeof dialog> = ComponentProps<(typeof dialog)[Part]>;

/** Whoever presses a line that goes by itself, such as its Undo, has not left the sheet or the dialog below it. */
export function keepForToasts(event: { detail: { originalEvent: Event }; preventDefault(): void }): void {
  if (isOnToasts(event.detail.originalEvent)) event.preventDefault();
}
