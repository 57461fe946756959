import { frame as texts } from 'texts:chat';
import { Link } from '@remix-run/react';
import { Menu as MenuIcon, PanelLeftOpen, Pencil, Search, SquarePen } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { togglePanel } from '../ui/browser/side-panel.ts';
import { Button } from '../ui/button.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { ariaKeys } from './shortcuts/pressed.ts';
import { useKeysOf } from './shortcuts/use-shortcut.ts';
import { TitleField } from './title-field.tsx';
import { useTopBarControls } from './top-bar-controls.ts';

interface TopBarProps {
  /** Null if there is no conversation yet. */
  title: string | null;
  onRename?: (title: string) => void;
  /** What stands behind the title. */
  children?: ReactNode;
}

export function TopBar({ title, onRename, children }: TopBarProps) {
  const { openSidebar, openPalette, meter } = useTopBarControls();
  const [renaming, setRenaming] = useState(false);
  const rename = useRef<HTMLButtonElement>(null);
  const sidebarKeys = useKeysOf('sidebar');
  const newChatKeys = useKeysOf('newChat');
  const paletteKey = useKeysOf('palette');
  return (
    <header className="flex h-14 shrink-0 items-center gap-2 border-b px-6 max-md:px-3">
      <Button
        variant="ghost"
        size="icon"
        className="-ms-1 max-md:-ms-2 max-md:size-[44px] lg:hidden print:hidden"
        aria-label={texts.conversations}
        onClick={openSidebar}
      >
        <MenuIcon />
      </Button>
      <Tooltip text={texts.showConversationsWithKeys({ keys: sidebarKeys })}>
        <Button
          data-panel-opener
          variant="ghost"
          size="icon"
          className="-ms-1 max-lg:hidden print:hidden"
          aria-label={texts.showConversations}
          aria-keyshortcuts={ariaKeys('sidebar')}
          onClick={togglePanel}
        >
          <PanelLeftOpen />
        </Button>
      </Tooltip>
      {renaming && title !== null ? (
        <TitleField
          title={title}
          onDone={(changed) => {
            setRenaming(false);
            if (changed) onRename?.(changed);
            // A member who left the field for another element keeps the focus there.
            setTimeout(() => document.activeElement === document.body && rename.current?.focus());
          }}
          className="-ms-2 h-9 min-w-0 flex-1 rounded-md border border-ring bg-card px-2 font-semibold outline-none"
        />
      ) : (
        <>
          {/* A title is cut at its own end, whichever way it is read. */}
          <h1 dir="auto" className="truncate font-semibold">
            {title ?? texts.newChat}
          </h1>
          {onRename ? (
            <Button
              ref={rename}
              variant="ghost"
              size="icon"
              aria-label={texts.renameConversation}
              className="max-md:hidden print:hidden"
              onClick={() => setRenaming(true)}
            >
              <Pencil />
            </Button>
          ) : null}
          {children}
        </>
      )}
      <div className="ms-auto flex print:hidden shrink-0 items-center gap-4 max-md:gap-0">
        <Tooltip text={texts.newChatWithKeys({ keys: newChatKeys })}>
          <Button asChild variant="ghost" size="icon" className="panel-stand-in max-md:size-[44px]">
            <Link to="/" aria-label={texts.newChat} aria-keyshortcuts={ariaKeys('newChat')}>
              <SquarePen />
            </Link>
          </Button>
        </Tooltip>
        <Tooltip text={texts.paletteHint}>
          <Button
            variant="ghost"
            size="small"
            aria-label={texts.commands}
            aria-keyshortcuts={ariaKeys('palette')}
            className="px-2 text-muted-foreground max-md:size-[44px]"
            onClick={openPalette}
          >
            <Search className="md:hidden" />
            <span className="min-w-10 text-end max-md:hidden">{paletteKey}</span>
          </Button>
        </Tooltip>
        {meter}
      </div>
    </header>
  );
}
