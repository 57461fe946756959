import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { type Toast, Toasts } from './layers/toasts.tsx';

export type { Toast };

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
