import { accountMenu as texts } from 'texts:chat';
import { Link } from '@remix-run/react';
import { ChevronsUpDown, CircleHelp, LogOut } from 'lucide-react';
import { pagesFor, readsAdminPages } from '../frame/pages.ts';
import { showShortcuts } from '../frame/shortcuts/shortcut-list.tsx';
import type { ViewerFieldsFragment } from '../graphql/generated/graphql.ts';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '../ui/menu.tsx';
import { signOut } from './auth.ts';

interface AccountMenuProps {
  viewer: ViewerFieldsFragment;
  /** Called when a page is chosen, so that the sheet around the menu closes. */
  onChosen?: () => void;
}

/** Shows the viewer's name and plan, and opens the menu of pages. */
export function AccountMenu({ viewer, onChosen }: AccountMenuProps) {
  return (
    <Menu>
      <MenuTrigger asChild>
        <button
          type="button"
          className="flex w-full items-center gap-3 rounded-md px-2 py-1.5 text-start text-sm hover:bg-hover data-[state=open]:bg-hover"
        >
          <span
            className="grid size-7 shrink-0 place-items-center rounded-full bg-primary-soft font-medium text-primary uppercase"
            aria-hidden="true"
          >
            {viewer.name.slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate">
            <bdi>{viewer.name}</bdi> <span className="text-muted-foreground">· {viewer.tier.name}</span>
          </span>
          <ChevronsUpDown className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        </button>
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-60">
        <MenuLabel className="truncate">{viewer.email}</MenuLabel>
        {pagesFor({ isAdmin: readsAdminPages(viewer.role) }).map(({ path, title, icon: Icon }) => (
          <MenuItem key={path} asChild onSelect={onChosen}>
            <Link to={path}>
              <Icon /> {title}
            </Link>
          </MenuItem>
        ))}
        <MenuItem
          className="pointer-coarse:hidden"
          onSelect={() => {
            onChosen?.();
            // The menu gives the focus back first.
            setTimeout(() => showShortcuts(true));
          }}
        >
          <CircleHelp /> {texts.shortcuts}
        </MenuItem>
        <MenuItem onSelect={() => void signOut()}>
          <LogOut /> {texts.signOut}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
