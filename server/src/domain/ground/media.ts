/** What a model may take in as it is. */
export const mediaKinds = ['TEXT', 'IMAGE', 'PDF', 'AUDIO'] as const;
export type MediaKind = (typeof mediaKinds)[number];
