/** What stands in the place of an image in protocols that have no form for one. */
export const IMAGE_HAS_NO_FORM =
  '[The model made an image, for which this API has no form: ask by /v1/chat/completions or /v1/responses.]';

/** What stands in the place of an image for which there was no room in memory. */
export const IMAGE_HAS_NO_ROOM = '[The model made an image, which this server had no room to give. Ask again later.]';
