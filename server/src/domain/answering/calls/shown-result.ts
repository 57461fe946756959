/** The result of a call, as its member sees it. */
export interface ShownResult {
  text: string;
  images: readonly ShownImage[];
}

export interface ShownImage {
  /** Among all that the tool gave, from 0. */
  place: number;
  mediaType: string;
}

type Content = { type: 'text'; text: string } | { type: 'file'; mediaType: string; name: string | null };

/** What a tool gave, as it is shown: its texts, the names of its files, and its images. Null: it gave nothing yet. */
export function shownResult(content: readonly Content[] | null | undefined): ShownResult | null {
  if (!content) return null;
  const isImage = (one: Content) => one.type === 'file' && showsAsImage(one.mediaType);
  return {
    text: content
      .filter((one) => !isImage(one))
      .map((one) => (one.type === 'text' ? one.text : `[${one.name ?? one.mediaType}]`))
      .join('\n'),
    images: content.flatMap((one, place) =>
      one.type === 'file' && isImage(one) ? { place, mediaType: one.mediaType } : [],
    ),
  };
}

/** What a tool gave, as the row of its call has it. */
export function contentOf({ result }: { result: unknown }): readonly Content[] | undefined {
  return ((result ?? {}) as { content?: readonly Content[] }).content;
}

/** Images that every browser shows, and that can do nothing. */
export function showsAsImage(mediaType: string): boolean {
  return /^image\/(?:png|jpeg|webp|gif)$/.test(mediaType);
}
