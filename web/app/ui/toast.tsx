import { ui as texts } from 'texts:everywhere';
import { Toast as Primitive } from 'radix-ui';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { Button } from './button.tsx';

export interface Toast {
  text: string;
  /** One action that the member can take, such as Undo. */
  action?: { label: string; run: () => void };
  /** Called when the toast goes away without the action. */
  onExpire?: () => void;
  durationMs?: number;
}

const ToastContext = createContext<(toast: Toast) => void>(() => {});

/** Returns a function that shows a line for some seconds: in the middle of the top bar, which is empty, or on a small screen below it. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext);
}

export function Toaster({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<(Toast & { key: number })[]>([]);
  const show = useCallback((toast: Toast) => {
    setToasts((shown) => [...shown, { ...toast, key: (shown.at(-1)?.key ?? 0) + 1 }]);
  }, []);
  const remove = useCallback((key: number) => setToasts((shown) => shown.filter((toast) => toast.key !== key)), []);
  const list = useMemo(
    () => toasts.map(({ key, ...toast }) => <Line key={key} toast={toast} onGone={() => remove(key)} />),
    [toasts, remove],
  );
  return (
    <ToastContext.Provider value={show}>
      <Primitive.Provider label={texts.notification}>
        {children}
        {list}
        {/*
          The viewport is rendered only with a toast in it: the Content-Security-Policy refuses its style attributes in the
          server's page. It lies above a sheet, under a dialog, and neither on an answer nor on the composer.
        */}
        {toasts.length > 0 ? (
          <Primitive.Viewport
            label={texts.notifications({ hotkey: '{hotkey}' })}
            className="pointer-events-auto fixed top-2 left-1/2 z-45 flex w-[min(420px,calc(100vw-32px))] -translate-x-1/2 flex-col gap-2 outline-none max-lg:top-16"
          />
        ) : null}
      </Primitive.Provider>
    </ToastContext.Provider>
  );
}

function Line({ toast, onGone }: { toast: Toast; onGone: () => void }) {
  const acted = useRef(false);
  return (
    <Primitive.Root
      duration={toast.durationMs ?? 5000}
      onOpenChange={(open) => {
        if (open) return;
        if (!acted.current) toast.onExpire?.();
        onGone();
      }}
      className="flex animate-enter items-center justify-between gap-4 rounded-lg border bg-popover py-2 pr-2 pl-4 text-sm shadow-float"
    >
      <Primitive.Description className="line-clamp-2 min-w-0 flex-1 wrap-anywhere">{toast.text}</Primitive.Description>
      {toast.action ? (
        <Primitive.Action asChild altText={toast.action.label}>
          <Button
            size="small"
            variant="ghost"
            className="shrink-0 text-primary hover:text-primary"
            onClick={() => {
              acted.current = true;
              toast.action?.run();
            }}
          >
            {toast.action.label}
          </Button>
        </Primitive.Action>
      ) : null}
    </Primitive.Root>
  );
}
