import { Fragment, type ReactNode } from 'react';

type Values = Record<string, unknown>;
type Tags = Record<string, (children: ReactNode) => ReactNode>;

/**
 * A sentence of a catalogue with elements in it. Each value may be an element in place of a text; and what stands between
 * `<name>` and `</name>` in the catalogue is put into what the tag of this name makes of it.
 *
 * @param sentence a message that takes values
 */
export function sentence<V extends Values>(
  message: (values: V) => string,
  values: { [Name in keyof V]: V[Name] | Exclude<ReactNode, number> },
  tags: Tags = {},
): ReactNode {
  const elements: ReactNode[] = [];
  const marked: Values = {};
  for (const [name, value] of Object.entries(values)) {
    // A number chooses a plural. Everything else is marked, so that no member's text is taken for a tag.
    marked[name] = typeof value === 'number' ? value : `${open}${elements.push(value as ReactNode) - 1}${close}`;
  }
  return withTags(message(marked as V), elements, tags);
}

/** A message without values that has tags in it. */
export function tagged(message: string, tags: Tags): ReactNode {
  return withTags(message, [], tags);
}

// These characters are for private use, and no catalogue has them.
const open = '\uE000';
const close = '\uE001';

function withTags(text: string, elements: readonly ReactNode[], tags: Tags): ReactNode {
  const parts = text.split(/<(\w+)>(.*?)<\/\1>/s);
  return parts.map((part, index) => {
    const key = index;
    if (index % 3 === 2) return null;
    if (index % 3 === 0) return <Fragment key={key}>{withElements(part, elements)}</Fragment>;
    const tag = tags[part];
    if (!tag) throw new Error(`There is nothing for <${part}>: ${text}`);
    return <Fragment key={key}>{tag(withTags(parts[index + 1] ?? '', elements, tags))}</Fragment>;
  });
}

function withElements(text: string, elements: readonly ReactNode[]): ReactNode {
  const parts = text.split(/\uE000(\d+)\uE001/);
  return parts.map((part, index) => {
    const key = index;
    return index % 2 === 0 ? part : <Fragment key={key}>{elements[Number(part)]}</Fragment>;
  });
}
