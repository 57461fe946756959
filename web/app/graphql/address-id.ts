/*
 * An id of the API is the base64 of its type and a UUID, 60 characters and more. An address has the 16 bytes of the UUID
 * in 22 characters, since its place says the type.
 */

type IdType = 'Conversation' | 'Turn' | 'Team' | 'Evaluation' | 'PromptSet' | 'Folder';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const short = /^[\w-]{22}$/;

/** The id of the API as an address has it, encoded. An id that has no UUID stays as it is. */
export function toAddressId(id: string): string {
  const [, local = ''] = decoded(id)?.split(':') ?? [];
  if (!uuid.test(local)) return encodeURIComponent(id);
  const bytes = local.replaceAll('-', '').replaceAll(/../g, (hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The id of the API for one from an address, decoded. An id of the API itself stays as it is: old addresses have them. */
export function fromAddressId(type: IdType, id: string): string {
  const bytes = short.test(id) ? decoded(id.replaceAll('-', '+').replaceAll('_', '/')) : null;
  if (bytes === null) return id;
  const hex = [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return btoa(`${type}:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`);
}

/** Null: it is no base64. */
function decoded(base64: string): string | null {
  try {
    return atob(base64);
  } catch {
    return null;
  }
}
