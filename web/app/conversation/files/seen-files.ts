import { files as texts } from 'texts:chat';
import type { ModelChoiceFragment, ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { inSentence } from '../../languages/lists.ts';
import { type AttachedFile, lookOf } from './attached-file.ts';

/** What a model makes of a prompt's files. `refused`: it can do nothing with one of them. */
export type Sight = 'sees' | 'textOnly' | 'refused';

/** Whether a model sees these files as they are. Nobody sees documents and tables: of them every model gets the text. */
export function sightOf({ accepts }: Pick<ModelChoiceFragment, 'accepts'>, files: readonly AttachedFile[]): Sight {
  const looks = new Set(files.map(lookOf));
  // An image has no text that could be sent in its place.
  if (looks.has('image') && !accepts.includes('IMAGE')) return 'refused';
  return looks.has('pdf') && !accepts.includes('PDF') ? 'textOnly' : 'sees';
}

export const sightWords: Record<Exclude<Sight, 'sees'>, string> = {
  textOnly: texts.textOnly,
  refused: texts.noImages,
};

/** What an answer's model was not sent as it is; null: nothing. */
export function unseenWords(
  { fileForms, filesLeftOut }: Pick<ResponseFieldsFragment, 'fileForms' | 'filesLeftOut'>,
  files: readonly AttachedFile[],
): string | null {
  const named = (form: ResponseFieldsFragment['fileForms'][number]) =>
    files.filter((file, index) => fileForms[index] === form && isSeen(file)).map(({ name }) => name);
  const [read, left] = [named('TEXT'), named('LEFT_OUT')];
  const words = [
    read.length > 0 ? texts.readTextOf({ files: inWords(read) }) : '',
    left.length > 0 ? texts.notSent({ files: inWords(left) }) : '',
    filesLeftOut > 0 ? texts.leftOut({ count: filesLeftOut }) : '',
  ];
  return words.filter((word) => word !== '').join(' ') || null;
}

/** Whether a model that can sees more in the file than its text. */
function isSeen(file: AttachedFile): boolean {
  const look = lookOf(file);
  return look === 'image' || look === 'pdf';
}

function inWords(names: readonly string[]): string {
  return names.length < 3 ? inSentence(names) : texts.count({ count: names.length });
}
