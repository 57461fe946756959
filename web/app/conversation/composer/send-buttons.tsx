import { composer as texts } from 'texts:chat';
import { ArrowUp, Square } from 'lucide-react';
import { useKeysOf } from '../../frame/shortcuts/use-shortcut.ts';
import { Button } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';

interface SendButtonsProps {
  /** Whether there is a text to send. */
  written: boolean;
  sendable: boolean;
  /** How many answers of the conversation are being written. */
  running: number;
  onStop: () => void;
}

/** Stop stands in Send's place while answers are written, and beside it once the next prompt is begun. */
export function SendButtons({ written, sendable, running, onStop }: SendButtonsProps) {
  const sendKeys = useKeysOf('send');
  const stopKeys = useKeysOf('stop');
  return (
    <>
      {running > 0 ? (
        <Tooltip text={texts.stopWithKeys({ keys: stopKeys })}>
          <Button
            variant={written ? 'outline' : 'primary'}
            size="icon"
            className="max-md:size-[44px]"
            aria-label={texts.stopAnswers({ count: running })}
            onClick={onStop}
          >
            <Square className="size-3! fill-current" />
          </Button>
        </Tooltip>
      ) : null}
      {running === 0 || written ? (
        <Tooltip text={texts.sendWithKeys({ keys: sendKeys })}>
          <Button
            type="submit"
            variant="primary"
            size="icon"
            className="max-md:size-[44px]"
            aria-label={texts.send}
            disabled={!sendable}
          >
            <ArrowUp />
          </Button>
        </Tooltip>
      ) : null}
    </>
  );
}
