import { Command, Menu as MenuIcon, Pencil } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { TitleField } from './title-field.tsx';

interface TopBarProps {
  /** Null where there is no conversation yet. */
  title: string | null;
  onRename?: (title: string) => void;
  onSidebar: () => void;
  onPalette: () => void;
  /** At its right end. */
  children?: ReactNode;
}

export function TopBar({ title, onRename, onSidebar, onPalette, children }: TopBarProps) {
  const [renaming, setRenaming] = useState(false);
  return (
    <header className="flex h-14 shrink-0 items-center gap-2 border-b px-6 max-md:px-3">
      <Button variant="ghost" size="icon" className="-ml-1 lg:hidden" aria-label="Conversations" onClick={onSidebar}>
        <MenuIcon />
      </Button>
      {renaming && title !== null ? (
        <TitleField
          title={title}
          onDone={(changed) => {
            setRenaming(false);
            if (changed) onRename?.(changed);
          }}
          className="-ml-2 h-9 min-w-0 flex-1 rounded-md border border-ring bg-card px-2 font-semibold outline-none"
        />
      ) : (
        <>
          <h1 className="truncate font-semibold">{title ?? 'New chat'}</h1>
          {onRename ? (
            <Button
              variant="ghost"
              size="icon"
              aria-label="Rename conversation"
              className="max-md:hidden"
              onClick={() => setRenaming(true)}
            >
              <Pencil />
            </Button>
          ) : null}
        </>
      )}
      <div className="ml-auto flex shrink-0 items-center gap-4 max-md:gap-1">
        <Tooltip text="Conversations, models, actions">
          <Button
            variant="ghost"
            size="small"
            aria-label="Commands"
            className="px-2 text-muted-foreground"
            onClick={onPalette}
          >
            <Command className="size-3.5!" />
            <span className="-ml-1.5 max-md:hidden">K</span>
          </Button>
        </Tooltip>
        {children}
      </div>
    </header>
  );
}
