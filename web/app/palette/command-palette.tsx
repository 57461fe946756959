import { frame as texts } from 'texts:chat';
import { network } from 'texts:everywhere';
import { useEffect, useRef, useState } from 'react';
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

/** Finds conversations, models and actions by name. */
export function CommandPalette({ open, onOpenChange, ...choices }: CommandPaletteProps) {
  const focused = useFocusedBefore(open);
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => {}), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        place="top"
        aria-describedby={undefined}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          const before = focused();
          const isThere = before?.isConnected && before !== document.body;
          (isThere ? before : document.querySelector<HTMLElement>(`main ${promptField}`))?.focus({
            preventScroll: true,
          });
        }}
      >
        <DialogTitle className="sr-only">{texts.commands}</DialogTitle>
        <Content {...choices} onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
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

/** What is typed before the commands are loaded stays in the field, and Enter runs what it finds once they are there. */
function Content(props: Pick<CommandPaletteProps, 'models' | 'isAdmin'> & { onDone: () => void }) {
  const [search, setSearch] = useState('');
  const [Palette, setPalette] = useState<Loaded | null>(null);
  const [failed, setFailed] = useState(false);
  const [entered, setEntered] = useState(false);
  useEffect(() => {
    let wanted = true;
    load().then(
      (loaded) => wanted && setPalette(() => loaded.default),
      () => wanted && setFailed(true),
    );
    return () => {
      wanted = false;
    };
  }, []);
  if (Palette) return <Palette {...props} search={search} onSearch={setSearch} entered={entered} />;
  return (
    <>
      <SearchField
        search={search}
        onSearch={(text) => {
          setSearch(text);
          setEntered(false);
        }}
        onKeyDown={({ key, nativeEvent }) => {
          if (key === 'Enter' && !nativeEvent.isComposing) setEntered(true);
        }}
      />
      {failed ? (
        <p role="status" className="px-4 py-3 text-sm text-muted-foreground">
          {network.unreachable}
        </p>
      ) : null}
    </>
  );
}
