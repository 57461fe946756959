/** UTF-16 code units. */
const NAME_LENGTH_MAX = 200;

/**
 * A name to show and to save a file by: without folders, without characters that are not seen or turn the direction of
 * reading, and at most `NAME_LENGTH_MAX` long.
 *
 * @param extension such as `png`, which the name gets if it ends otherwise; any of a list is right
 */
export function harmlessName(given: string, extensions: readonly string[] = []): string {
  const base = (
    given
      .slice(-NAME_LENGTH_MAX * 5)
      .toWellFormed()
      .normalize('NFC')
      .split(/[/\\]/)
      .pop() ?? ''
  )
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd<>:"|?*]/gu, ' ')
    .replace(/\s+/g, ' ')
    // A leading dot hides a file, a dot or space at the end is lost on Windows.
    .replace(/^[. ]+|[. ]+$/g, '');
  const name = base || 'file';
  const [stem, extension] = cut(name);
  const [first] = extensions;
  const wanted = first === undefined || extensions.includes(extension.toLowerCase()) ? extension : first;
  if (wanted === '') return shortened(name, NAME_LENGTH_MAX);
  return `${shortened(stem, NAME_LENGTH_MAX - wanted.length - 1)}.${wanted}`;
}

/** A name in two, before its last dot and after it; what follows a dot is an extension only if it is short. */
function cut(name: string): [stem: string, extension: string] {
  const [, stem, extension] = /^(.+)\.([A-Za-z0-9]{1,10})$/.exec(name) ?? [];
  return stem !== undefined && extension !== undefined ? [stem, extension] : [name, ''];
}

function shortened(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/** The letters after the last dot of a name, small. */
export function extensionOf(name: string): string {
  return cut(name)[1].toLowerCase();
}
