import { network } from 'texts:everywhere';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useToast } from '../toast.tsx';
import type { LayerControl } from './layers.tsx';
import { type Layers, useLayers } from './loading.ts';

const ControlContext = createContext<LayerControl | null>(null);

export interface LayerRootProps {
  /** Absent: the layer's own trigger opens it. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}

/** Something that opens over the page. Only when it is opened, its content is rendered and what it needs loaded. */
export function LayerRoot({ open: given, onOpenChange, children }: LayerRootProps) {
  const [own, setOwn] = useState(false);
  const id = useId();
  const trigger = useRef<HTMLElement | null>(null);
  const byKey = useRef(false);
  const told = useRef(onOpenChange);
  told.current = onOpenChange;
  const open = given ?? own;
  const setOpen = useCallback((next: boolean) => {
    setOwn(next);
    told.current?.(next);
  }, []);
  const control = useMemo(() => ({ id, open, setOpen, trigger, byKey }), [id, open, setOpen]);
  return <ControlContext.Provider value={control}>{children}</ControlContext.Provider>;
}

export function useLayerControl(): LayerControl {
  const control = useContext(ControlContext);
  if (!control) throw new Error('A trigger or a content belongs into the root of its layer');
  return control;
}

/** The layers, for the content of one that is open or was so before; null: there is nothing to render yet. */
export function useOpenedLayers({ open, setOpen }: LayerControl): Layers | null {
  const opened = useRef(false);
  opened.current ||= open;
  const toast = useToast();
  const fail = useCallback(() => {
    setOpen(false);
    toast({ text: network.unreachable });
  }, [setOpen, toast]);
  const layers = useLayers(open, opened.current, fail);
  const isAwaited = open && layers === null;
  useEffect(() => {
    if (!isAwaited) return;
    const onKeyDown = ({ key }: KeyboardEvent) => key === 'Escape' && setOpen(false);
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [isAwaited, setOpen]);
  return layers;
}

/** The attributes by which a trigger tells what it opens, and whether that is open. */
export function triggerAttributes({ id, open }: LayerControl, opens: 'menu' | 'dialog') {
  return {
    id: `${id}-trigger`,
    'aria-haspopup': opens,
    'aria-expanded': open,
    'aria-controls': open ? id : undefined,
    'data-state': open ? 'open' : 'closed',
  } as const;
}
