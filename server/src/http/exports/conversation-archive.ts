import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { isStoreUnavailable } from '../../domain/files/contents.ts';
import { contentsToTake, conversationsAsJson, type ExportSources } from '../../domain/keeping/exports.ts';
import { SessionEndedError, streamOf } from './download.ts';

/**
 * A zip of all conversations of a member, `conversations.json`, and the bytes of their files, `files/<hash>`. It is made as
 * fast as it is read, and ends when `stillAllowed` says no.
 */
export async function conversationArchive(
  { db, contents }: Pick<ExportSources, 'db' | 'contents'>,
  userId: string,
  stillAllowed: () => Promise<boolean>,
): Promise<Readable> {
  // The bundle knows no other name of a CommonJS package.
  const { default: yazl } = await import('yazl');
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  const fail = (error: unknown) => void output.destroy(error as Error);
  zip.on('error', fail);

  const add = async (name: string, stream: Readable, compress: boolean) => {
    // The zip takes the next entry when this one has been read to its end.
    const end = once(stream, 'close');
    zip.addReadStream(stream, name, { compress });
    await end;
    if (stream.errored) throw stream.errored;
  };
  const fill = async () => {
    await add('conversations.json', streamOf(conversationsAsJson(db, userId), stillAllowed), true);
    for await (const { hash, isPacked } of contentsToTake(db, userId)) {
      if (output.destroyed) return;
      if (!(await stillAllowed())) throw new SessionEndedError();
      // A file whose store is away is left out: the rest is worth having.
      const opened = await contents.open(hash).catch((error: unknown) => {
        if (isStoreUnavailable(error)) return null;
        throw error;
      });
      if (opened) await add(`files/${hash}`, opened.stream, !isPacked);
    }
    zip.end();
  };
  void fill().catch(fail);
  return output;
}
