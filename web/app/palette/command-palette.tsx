import { frame as texts } from 'texts:chat';
import { network } from 'texts:everywhere';
import { type MutableRefObject, useEffect, useRef, useState } from 'react';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { promptField } from '../ui/browser/prompt-focus.ts';
import { Dialog, DialogContent, DialogTitle } from '../ui/dialog.tsx';
import { SearchField } from './search-field.tsx';

type Loaded = typeof import('./palette.tsx').default;

const load = () => import('./palette.tsx');

/** How long the page has been at work before the commands are loaded for whoever may want them, in ms. */
const patienceMs = 4000;

interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
}

/** What was typed before the palette or its commands were loaded. */
interface Typed {
  search: string;
  /** Whether Enter was pressed after that. */
  entered: boolean;
}

const nothing: Typed = { search: '', entered: false };

/** Finds conversations, models and actions by name. */
export function CommandPalette({ open, onOpenChange, ...choices }: CommandPaletteProps) {
  const focused = useFocusedBefore(open);
  const early = useRef(nothing);
  const latestOpen = useRef(open);
  latestOpen.current = open;
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => {}), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  const giveFocusBack = () => {
    const before = focused();
    const isThere = before?.isConnected && before !== document.body;
    (isThere ? before : document.querySelector<HTMLElement>(`main ${promptField}`))?.focus({ preventScroll: true });
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        place="top"
        aria-describedby={undefined}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          giveFocusBack();
        }}
        early={<EarlyField typed={early} onGone={() => latestOpen.current || giveFocusBack()} />}
      >
        <DialogTitle className="sr-only">{texts.commands}</DialogTitle>
        <Content {...choices} early={early} onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

/** The field before there is a dialog for it: nobody's words go into the prompt behind it. */
function EarlyField({ typed, onGone }: { typed: MutableRefObject<Typed>; onGone: () => void }) {
  const [now, setNow] = useState(nothing);
  typed.current = now;
  const gone = useRef(onGone);
  useEffect(() => () => gone.current(), []);
  return <TypedField typed={now} onTyped={setNow} />;
}

/** Returns the element that had the focus when the palette opened. The palette's field takes the focus before any effect runs. */
function useFocusedBefore(open: boolean): () => HTMLElement | null {
  const before = useRef<{ open: boolean; element: HTMLElement | null }>({ open: false, element: null });
  if (open !== before.current.open) {
    const element = open ? (document.activeElement as HTMLElement | null) : before.current.element;
    before.current = { open, element };
  }
  return () => before.current.element;
}

interface ContentProps extends Pick<CommandPaletteProps, 'models' | 'isAdmin'> {
  early: MutableRefObject<Typed>;
  onDone: () => void;
}

/** What is typed before the commands are loaded stays in the field, and Enter runs what it finds once they are there. */
function Content({ early, ...props }: ContentProps) {
  const [typed, setTyped] = useState(early.current);
  const [Palette, setPalette] = useState<Loaded | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let wanted = true;
    load().then(
      (loaded) => wanted && setPalette(() => loaded.default),
      () => wanted && setFailed(true),
    );
    return () => {
      wanted = false;
      early.current = nothing;
    };
  }, [early]);
  const { search, entered } = typed;
  if (Palette) {
    const onSearch = (search: string) => setTyped({ search, entered });
    return <Palette {...props} search={search} onSearch={onSearch} entered={entered} />;
  }
  return (
    <>
      <TypedField typed={typed} onTyped={setTyped} />
      {failed ? (
        <p role="status" className="px-4 py-3 text-sm text-muted-foreground">
          {network.unreachable}
        </p>
      ) : null}
    </>
  );
}

function TypedField({ typed, onTyped }: { typed: Typed; onTyped: (typed: Typed) => void }) {
  return (
    <SearchField
      search={typed.search}
      onSearch={(search) => onTyped({ search, entered: false })}
      onKeyDown={({ key, nativeEvent }) => {
        if (key === 'Enter' && !nativeEvent.isComposing) onTyped({ ...typed, entered: true });
      }}
    />
  );
}
