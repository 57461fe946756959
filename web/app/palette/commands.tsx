import { palette as texts } from 'texts:tools';
import { Keyboard, MessageSquare, Monitor, Moon, PanelLeft, Plus, Sun } from 'lucide-react';
import { pagesFor } from '../frame/pages.ts';
import { showShortcuts } from '../frame/shortcuts/shortcut-list.tsx';
import { toAddressId } from '../graphql/address-id.ts';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { togglePanel } from '../ui/browser/side-panel.ts';
import { chooseTheme } from '../ui/browser/theme.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import type { Command } from './command.ts';
import { lineCommands, listedLines } from './lines.tsx';
import type { FoundConversations } from './use-found-conversations.ts';

interface Choices extends FoundConversations {
  /** The search text, without blanks around it. */
  search: string;
  models: readonly ModelChoiceFragment[];
  isAdmin: boolean;
  navigate: (to: string) => void;
}

/**
 * The commands that match the search text: actions, conversations, lines of them, and models, which an empty text does not
 * list.
 */
export function commandsFor({ search, conversations, lines, answer, models, isAdmin, navigate }: Choices): Command[] {
  const matches = (label: string) => label.toLowerCase().includes(search.toLowerCase());
  // Enter may come at any time: until the reply is here, a conversation that another search found must match by its title.
  const listed = answer === 'here' ? listedLines(lines) : [];
  // A conversation that a line stands for is not listed twice.
  const isListed = (id: string) => listed.some(({ conversation }) => conversation.id === id);
  const isFound = ({ id, title }: { id: string; title: string }) =>
    matches(title) || (answer === 'here' && !isListed(id));
  const found = conversations.filter(isFound);
  return [
    ...actions(navigate, isAdmin).filter(({ label }) => matches(label)),
    ...found.map(
      ({ id, title }): Command => ({
        id,
        group: 'conversations',
        label: title,
        icon: <MessageSquare />,
        run: () => navigate(`/c/${toAddressId(id)}`),
      }),
    ),
    ...lineCommands(listed, search, navigate),
    ...models
      .filter((model) => search !== '' && model.access.allowed && matches(`${model.name} ${model.id}`))
      .map(
        (model): Command => ({
          id: model.id,
          group: 'models',
          label: model.name,
          icon: <ProviderMark providerId={model.provider.id} className="size-4 p-0.5" />,
          run: () => navigate(`/?model=${encodeURIComponent(model.id)}`),
        }),
      ),
  ];
}

function actions(navigate: (to: string) => void, isAdmin: boolean): Command[] {
  const group = 'actions';
  return [
    { id: 'new', group, label: texts.newChat, icon: <Plus />, run: () => navigate('/') },
    ...pagesFor({ isAdmin }).map(
      ({ path, title, icon: Icon }): Command => ({
        id: path,
        group,
        label: title,
        icon: <Icon />,
        run: () => navigate(path),
      }),
    ),
    { id: 'panel', group, label: texts.togglePanel, icon: <PanelLeft />, run: togglePanel },
    { id: 'keys', group, label: texts.shortcuts, icon: <Keyboard />, run: () => showShortcuts(true) },
    { id: 'light', group, label: texts.lightTheme, icon: <Sun />, run: () => chooseTheme('light') },
    { id: 'dark', group, label: texts.darkTheme, icon: <Moon />, run: () => chooseTheme('dark') },
    { id: 'system', group, label: texts.systemTheme, icon: <Monitor />, run: () => chooseTheme('system') },
  ];
}
