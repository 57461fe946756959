import { type ReactNode, useState } from 'react';
import { classes } from '../../ui/classes.ts';

interface DropPlaceProps {
  /** Whether something is dragged that can be dropped here. */
  isOpen: boolean;
  onDrop: () => void;
  className?: string;
  children: ReactNode;
}

/** A place for a dragged conversation, which stands out while that is above it. */
export function DropPlace({ isOpen, onDrop, className, children }: DropPlaceProps) {
  const [isOver, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the conversation's menu does the same for the keyboard
    <div
      className={classes(
        'rounded-md outline-2 -outline-offset-2 outline-transparent transition-colors',
        isOpen && isOver && 'bg-primary-soft outline-ring [&_.group]:bg-transparent!',
        className,
      )}
      onDragOver={(event) => {
        if (!isOpen) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        if (!isOpen) return;
        event.preventDefault();
        onDrop();
      }}
    >
      {children}
    </div>
  );
}
