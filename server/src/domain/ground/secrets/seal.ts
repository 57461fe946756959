import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Encrypts what admins enter and nobody may read in the database: by AES-256-GCM, with a key that HKDF derives from the
 * secret of the server (AUTH_SECRET). A server with another secret cannot open it.
 */
export class Seal {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, 'polylogue', 'access to providers', 32));
  }

  /** @param about what the text belongs to; it can be opened for nothing else */
  close(text: string, about: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${version}${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** Null: it was closed with another secret, or for something else, or was changed. */
  open(closed: string, about: string): string | null {
    if (!closed.startsWith(version)) return null;
    const bytes = Buffer.from(closed.slice(version.length), 'base64url');
    if (bytes.length < nonceBytes + tagBytes) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceBytes))
      .setAAD(Buffer.from(about))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }
}

const version = '1.';
const nonceBytes = 12;
const tagBytes = 16;
