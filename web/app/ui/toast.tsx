import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { Toasts } from './layers/toasts.tsx';

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
  return (
    <ToastContext.Provider value={show}>
      {children}
      <Toasts toasts={toasts} onGone={remove} />
    </ToastContext.Provider>
  );
}
