import { models as texts } from 'texts:chat';
import { EyeOff } from 'lucide-react';
import { useId } from 'react';
import { classes } from '../../../ui/classes.ts';
import { Tooltip } from '../../../ui/tooltip.tsx';

interface BlindSwitchProps {
  on: boolean;
  /** Why it cannot be switched on; null if it can. */
  refusal: string | null;
  onChange: (on: boolean) => void;
}

/** Makes the next prompt blind. Where that cannot be, it stays reachable, so that everybody learns the reason. */
export function BlindSwitch({ on, refusal, onChange }: BlindSwitchProps) {
  const reasonId = useId();
  const isOff = !on && refusal !== null;
  return (
    <>
      <Tooltip text={isOff ? refusal : texts.blindHint}>
        <button
          type="button"
          role="switch"
          aria-checked={on}
          aria-disabled={isOff}
          aria-describedby={isOff ? reasonId : undefined}
          onClick={() => {
            if (!isOff) onChange(!on);
          }}
          className={classes(
            'flex h-7 items-center gap-1.5 rounded-md border px-2 text-sm transition-colors [&_svg]:size-3.5',
            on ? 'border-primary bg-primary-soft text-primary' : 'text-muted-foreground hover:bg-hover',
            isOff && 'cursor-not-allowed opacity-60 hover:bg-transparent',
          )}
        >
          <EyeOff aria-hidden="true" />
          {texts.blind}
        </button>
      </Tooltip>
      {isOff ? (
        <span id={reasonId} className="sr-only">
          {refusal}
        </span>
      ) : null}
    </>
  );
}
