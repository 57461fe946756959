import type { FileRow, TurnFileRow } from '../../../database/files/files.ts';
import type { ConversationFileRow } from '../../../database/files/prompt-files.ts';
import { FILES_PER_PROMPT_MAX } from '../../files/files.ts';
import { InvalidInputError } from '../../ground/errors.ts';

/** The files of each turn, in their order. */
export function filesByTurn(files: readonly TurnFileRow[]): ReadonlyMap<string, TurnFileRow[]> {
  const byTurn = new Map<string, TurnFileRow[]>();
  for (const file of files) {
    const ofTurn = byTurn.get(file.turn_id);
    if (ofTurn) ofTurn.push(file);
    else byTurn.set(file.turn_id, [file]);
  }
  return byTurn;
}

/** The files of each prompt, in their order, without those that models made. */
export function filesOfPrompts(files: readonly ConversationFileRow[]): ReadonlyMap<string, TurnFileRow[]> {
  return filesByTurn(files.filter(({ made }) => !made));
}

/** The files that models made, by their ids. */
export function madeFiles(files: readonly ConversationFileRow[]): ReadonlyMap<string, FileRow> {
  return new Map(files.flatMap((file) => (file.made ? [[file.id, file] as const] : [])));
}

/** The files of a prompt, each once. @throws InvalidInputError if there are too many */
export function validatedFileIds(ids: readonly string[] | null | undefined): string[] {
  const each = [...new Set(ids)];
  if (each.length <= FILES_PER_PROMPT_MAX) return each;
  throw new InvalidInputError(
    'fileIds',
    `A prompt has at most ${FILES_PER_PROMPT_MAX} files; this one has ${each.length}.`,
  );
}
