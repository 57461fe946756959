import {
  Children,
  cloneElement,
  type ForwardedRef,
  forwardRef,
  type HTMLAttributes,
  type ReactElement,
  type ReactNode,
  useCallback,
} from 'react';
import { classes } from '../classes.ts';

export interface SlotProps extends HTMLAttributes<HTMLElement> {
  /** One element. */
  children?: ReactNode;
}

/** Gives its properties to its child: handlers are called after the child's own, classes are joined, else the child's hold. */
export const Slot = forwardRef<HTMLElement, SlotProps>(function Slot({ children, ...props }, ref) {
  const child = Children.only(children) as ReactElement<Record<string, unknown>> & { ref?: ForwardedRef<HTMLElement> };
  const both = useBothRefs(child.ref ?? null, ref);
  return cloneElement(child, { ...merged({ ...props }, child.props), ref: both } as object);
});

type Handler = (...args: unknown[]) => void;

function merged(given: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  const all = { ...given, ...own };
  for (const [name, value] of Object.entries(given)) {
    const before = own[name];
    if (value === undefined || before === undefined) {
      all[name] = before ?? value;
    } else if (/^on[A-Z]/.test(name)) {
      all[name] = (...args: unknown[]) => {
        (before as Handler)(...args);
        (value as Handler)(...args);
      };
    } else if (name === 'className') {
      all[name] = classes(value as string, before as string);
    }
  }
  return all;
}

/** A ref that fills two. */
export function useBothRefs<T>(one: ForwardedRef<T>, other: ForwardedRef<T>) {
  return useCallback(
    (element: T | null) => {
      for (const ref of [one, other]) {
        if (typeof ref === 'function') ref(element);
        else if (ref) ref.current = element;
      }
    },
    [one, other],
  );
}
