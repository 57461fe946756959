import { posix } from 'node:path';
import type { Archive } from './archive.ts';
import { readXml } from './xml.ts';

/** What a part of an Office document relates to within it, by id: the part's name and its type's last word. */
export type Relations = ReadonlyMap<string, { type: string; part: string }>;

/** Reads the relations of a part. Those to outside of the document are left out: nothing is ever fetched. */
export async function relationsOf(archive: Archive, part: string): Promise<Relations> {
  const relations = new Map<string, { type: string; part: string }>();
  const folder = posix.dirname(part);
  const name = posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
  if (!archive.has(name)) return relations;
  await readXml(archive.read(name), {
    start(element, attribute) {
      const [id, target] = [attribute('Id'), attribute('Target')];
      if (element !== 'Relationship' || attribute('TargetMode') === 'External' || !id || !target) return;
      const type = attribute('Type')?.split('/').pop() ?? '';
      relations.set(id, { type, part: target.startsWith('/') ? target.slice(1) : posix.join(folder, target) });
    },
  });
  return relations;
}

/** The parts of a type that exist, in the order of the relations. */
export function partsOfType(archive: Archive, relations: Relations, type: string): string[] {
  return [...relations.values()]
    .filter((relation) => relation.type === type && archive.has(relation.part))
    .map(({ part }) => part);
}
