import { asking as texts } from 'texts:chat';
import { SlidersHorizontal } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Popover, PopoverContent, PopoverTrigger } from '../../ui/popover.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import type { Asking } from '../turns/asking.ts';
import { isChanged, ParametersForm } from './parameters-form.tsx';

interface ParametersPopoverProps {
  asking: Asking;
  onAsking: (asking: Asking) => void;
  maxOutputTokens: number;
}

/** The button that opens the parameters. It is marked if one is set. */
export function ParametersPopover(props: ParametersPopoverProps) {
  const changed = isChanged(props.asking);
  return (
    <Popover>
      <Tooltip text={texts.parametersAndSystemPrompt}>
        <PopoverTrigger asChild>
          <Button
            variant="ghost"
            size="icon"
            aria-label={changed ? texts.parametersChanged : texts.parameters}
            className={classes('size-7', changed && 'bg-primary-soft text-primary')}
          >
            <SlidersHorizontal />
          </Button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent
        side="top"
        className="max-h-(--radix-popover-content-available-height) w-96 overflow-y-auto p-4"
        aria-label={texts.parameters}
      >
        <ParametersForm {...props} />
      </PopoverContent>
    </Popover>
  );
}
