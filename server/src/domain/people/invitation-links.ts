import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The secret in an invitation's link is the invitation's id with a signature, made with the secret that signs the
 * sessions. So it is stored nowhere, an admin can read it again, and guessing does not reach the database.
 */
export interface InvitationLinks {
  /** The URL at which the invited person signs up. */
  urlOf(invitationId: string): string;
  /** The invitation's id; null if the text is not a secret of this server. */
  idOf(secret: string): string | null;
}

const idBytes = 16;
const signatureBytes = 24;
const secretPattern = /^[\w-]{54}$/;

/** `secret`: the one that signs sessions. `publicUrl`: without a slash at the end. */
export function createInvitationLinks({ secret, publicUrl }: { secret: string; publicUrl: string }): InvitationLinks {
  const sign = (id: Buffer) =>
    createHmac('sha256', secret).update('polylogue.invitation.').update(id).digest().subarray(0, signatureBytes);
  return {
    urlOf(invitationId) {
      const id = Buffer.from(invitationId.replaceAll('-', ''), 'hex');
      return `${publicUrl}/sign-up?invitation=${Buffer.concat([id, sign(id)]).toString('base64url')}`;
    },
    idOf(text) {
      if (!secretPattern.test(text)) return null;
      const bytes = Buffer.from(text, 'base64url');
      const id = bytes.subarray(0, idBytes);
      return timingSafeEqual(bytes.subarray(idBytes), sign(id)) ? toUuid(id) : null;
    },
  };
}

function toUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
