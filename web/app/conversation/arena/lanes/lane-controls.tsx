import { lanes as texts } from 'texts:chat';
import { ChevronsRightLeft, Maximize2, Minimize2 } from 'lucide-react';
import { createContext, useContext } from 'react';
import { ariaKeys } from '../../../frame/shortcuts/pressed.ts';
import { useKeysOf } from '../../../frame/shortcuts/use-shortcut.ts';

interface LaneControls {
  /** Whether the lane has the width for itself. */
  focused: boolean;
  focus(): void;
  /** Null: it is the last open lane, or the only one in sight. */
  fold: (() => void) | null;
}

const LaneControlsContext = createContext<LaneControls | null>(null);
/** Null for a lane without others beside it. */
export const LaneControlsProvider = LaneControlsContext.Provider;

/** The buttons of a lane's head that arrange it. A mouse sees them while it is over the lane, a finger always. */
export function LaneControlButtons({ name }: { name: string }) {
  const controls = useContext(LaneControlsContext);
  const foldKeys = useKeysOf('laneFold');
  const aloneKeys = useKeysOf('laneAlone');
  if (!controls) return null;
  const { focused, focus, fold } = controls;
  return (
    <span className="lane-controls absolute inset-y-0 end-0 flex items-center bg-(--ground) ps-2 max-md:hidden">
      {fold ? (
        <button
          type="button"
          className={look}
          title={texts.foldKeys({ keys: foldKeys })}
          aria-label={texts.fold({ name })}
          aria-keyshortcuts={ariaKeys('laneFold')}
          onClick={fold}
        >
          <ChevronsRightLeft />
        </button>
      ) : null}
      <button
        type="button"
        data-lane-control
        className={look}
        title={focused ? texts.showAllAnswersKeys : texts.onlyThisKeys({ keys: aloneKeys })}
        aria-label={focused ? texts.showAllAnswers : texts.showOnly({ name })}
        aria-keyshortcuts={ariaKeys('laneAlone')}
        onClick={focus}
      >
        {focused ? <Minimize2 /> : <Maximize2 />}
      </button>
    </span>
  );
}

/** Every lane of a conversation has these buttons: tooltips of their own would cost more than the buttons. */
const look =
  'grid size-7 place-items-center rounded-md text-muted-foreground hover:bg-hover hover:text-foreground [&_svg]:size-4';
