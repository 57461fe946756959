import { Fragment } from 'react';
import { figuresLocale } from '../../languages/locale.ts';

const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** Names of people or things in a line, each of which runs in its own direction: `Ada, עדה`. */
export function Names({ names }: { names: readonly string[] }) {
  return list.formatToParts(names).map(({ type, value }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: two people may have the same name
    <Fragment key={index}>{type === 'element' ? <bdi>{value}</bdi> : value}</Fragment>
  ));
}
