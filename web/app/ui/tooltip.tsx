import { createContext, type ReactNode, useContext, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Slot } from './layers/slot.tsx';
import { Tip } from './layers/tip.tsx';
import { createTips, type ShownTip, type Tips } from './layers/tips.ts';

const TipsContext = createContext<Tips | null>(null);

/** Shows the one tooltip that there is at a time. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  const id = useId();
  const [shown, setShown] = useState<ShownTip | null>(null);
  const tips = useMemo(() => createTips(id, setShown), [id]);
  useEffect(() => tips.listen(), [tips]);
  return (
    <TipsContext.Provider value={tips}>
      {children}
      {shown ? <Tip id={id} shown={shown} tips={tips} /> : null}
    </TipsContext.Provider>
  );
}

/** Says what a control does, or the exact figure behind a short one. The child takes the focus itself. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  const tips = useContext(TipsContext);
  if (!tips) throw new Error('A Tooltip needs a TooltipProvider above it');
  const trigger = useRef<HTMLElement>(null);
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
    tips.renew(trigger.current, text);
  });
  useEffect(() => {
    const element = trigger.current;
    return () => tips.leave(element, 'at once');
  }, [tips]);
  return (
    <Slot
      ref={trigger}
      onPointerMove={({ currentTarget, pointerType }) => {
        if (pointerType !== 'touch') tips.point(currentTarget, latest.current);
      }}
      onPointerLeave={({ currentTarget }) => tips.leave(currentTarget)}
      onPointerDown={({ currentTarget }) => tips.press(currentTarget)}
      onFocus={({ currentTarget }) => tips.focus(currentTarget, latest.current)}
      onBlur={({ currentTarget }) => tips.leave(currentTarget, 'at once')}
      onClick={({ currentTarget }) => tips.press(currentTarget)}
    >
      {children}
    </Slot>
  );
}
