import { palette as texts } from 'texts:tools';
import { MessageSquareText } from 'lucide-react';
import type { ReactNode } from 'react';
import { toAddressId } from '../graphql/address-id.ts';
import { figuresLocale } from '../languages/locale.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import type { Command } from './command.ts';
import type { FoundLine } from './use-found-conversations.ts';

const LINES_MAX = 8;

/** The lines to be listed: one of each turn, the prompt's before the answers', unless it is the conversation's title. */
export function listedLines(lines: readonly FoundLine[]): FoundLine[] {
  const turns = new Map<string, FoundLine>();
  for (const line of lines) {
    if (!isTitle(line) && !turns.has(line.turn.id)) turns.set(line.turn.id, line);
  }
  return [...turns.values()].slice(0, LINES_MAX);
}

/** Titles are made of the first prompt, cut where they are long. */
function isTitle({ model, snippet, conversation: { title } }: FoundLine): boolean {
  if (model !== null) return false;
  return title.endsWith('…') ? snippet.text.startsWith(title.slice(0, -1)) : snippet.text === title;
}

/** Commands that open a conversation at a line with what was found marked. */
export function lineCommands(lines: readonly FoundLine[], search: string, navigate: (to: string) => void): Command[] {
  return lines.map(({ conversation, turn, model, createdAt, snippet }) => ({
    id: `line-${turn.id}`,
    group: 'lines',
    label: snippet.text,
    content: marked(snippet),
    note: `${model?.name ?? texts.you} · ${dayOf(createdAt)} · ${conversation.title}`,
    icon: model ? <ProviderMark providerId={model.provider.id} className="size-4 p-0.5" /> : <MessageSquareText />,
    run: () => navigate(addressOfLine({ conversation, turn }, search)),
  }));
}

export function addressOfLine(
  { conversation, turn }: Pick<FoundLine, 'conversation' | 'turn'>,
  search: string,
): string {
  const place = new URLSearchParams({ turn: toAddressId(turn.id), find: search });
  return `/c/${toAddressId(conversation.id)}?${place}`;
}

function marked({ text, marks }: FoundLine['snippet']): ReactNode {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of marks) {
    pieces.push(text.slice(at, start), <mark key={start}>{text.slice(start, end)}</mark>);
    at = end;
  }
  return [...pieces, text.slice(at)];
}

const writtenDay = new Intl.DateTimeFormat(figuresLocale, { dateStyle: 'medium' });

/** The day by the member's clock: Today, Yesterday, or `Jan 31, 2026`. */
function dayOf(at: string): string {
  const day = new Date(at);
  const today = new Date();
  if (day.toDateString() === today.toDateString()) return texts.today;
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  return day.toDateString() === yesterday.toDateString() ? texts.yesterday : writtenDay.format(day);
}
