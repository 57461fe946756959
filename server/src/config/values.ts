import { z } from 'zod';
import { mailOptions } from '../ports/mailer.ts';

// What a setting may hold: each is read from a text.

export const integer = (min: number, max: number) =>
  z
    .string()
    .refine((value) => /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `expected a whole number from ${min} to ${max}`,
    })
    .transform(Number);
export const milliseconds = (secondsMax: number) =>
  z
    .string()
    .refine((value) => /^\d*\.?\d+$/.test(value) && Number(value) >= 0.001 && Number(value) <= secondsMax, {
      error: `expected seconds, more than 0 and at most ${secondsMax}, such as 15 or 0.5`,
    })
    .transform((value) => Math.round(Number(value) * 1000));
export const factor = z
  .string()
  .refine((value) => /^\d*\.?\d+$/.test(value) && Number(value) >= 0.1 && Number(value) <= 1000, {
    error: 'expected a number from 0.1 to 1000',
  })
  .transform(Number);
export const httpUrl = z
  .string()
  .refine(isHttpUrl, { error: 'expected an address that begins with http:// or https://', abort: true });
/** An SDK appends a path, so a query or a fragment cannot stand at the end. */
export const baseURL = httpUrl.refine((value) => !/[?#]/.test(value), { error: 'expected an address without ? and #' });
export const smtpUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^smtps?:\/\/[^/]/i.test(value) && new URL(value).hostname !== '', {
    error: 'expected the address of a mail server, such as smtp://user:password@mail.example.com:587',
    abort: true,
  })
  .refine(hasMailOptions, {
    error: `expected no other options in its query than ${Object.entries(mailOptions)
      .map(([name, kind]) => (kind === 'boolean' ? `${name} (true or false)` : name))
      .join(', ')}`,
  });
/** An address, or a name with the address in angle brackets. */
export const mailAddress = z.string().regex(/^([^<>@\r\n]*<[^<>@\s,]+@[^<>@\s,]+>|[^<>@\s,]+@[^<>@\s,]+)$/, {
  error: 'expected an e-mail address, or a name with one, such as Polylogue <chat@example.com>',
});
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `expected ${values.slice(0, -1).join(', ')} or ${values.at(-1)}` });

/** Origins with commas or white space in between, or a JSON list of them. */
export const originList = z
  .string()
  .transform(listed)
  .refine((origins) => origins.every(isOrigin), {
    error: 'expected origins such as https://chat.example.com, without a path, separated by commas or in a JSON list',
  })
  .transform((origins) => origins.map((origin) => new URL(origin).origin));

function hasMailOptions(value: string): boolean {
  return [...new URL(value).searchParams].every(([name, text]) => {
    const kind = Object.hasOwn(mailOptions, name) ? mailOptions[name] : undefined;
    return kind === 'boolean' ? /^(true|false)$/.test(text) : kind === 'text' && text !== '';
  });
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

export function isOrigin(value: string): boolean {
  return isHttpUrl(value) && /^https?:\/\/[^/?#@]+\/?$/i.test(value);
}

/** What is no list of either form comes back as one text. */
function listed(value: string): string[] {
  if (!value.startsWith('[')) return value.split(/[\s,]+/).filter((origin) => origin !== '');
  return z.array(z.string()).safeParse(parsedJson(value)).data ?? [value];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The server that sends mail, and whom mails come from; null: no mail is sent. */
export function mailOf({
  SMTP_URL: url,
  MAIL_FROM: from,
  PUBLIC_URL: publicUrl,
}: {
  SMTP_URL?: string | undefined;
  MAIL_FROM?: string | undefined;
  PUBLIC_URL?: string | undefined;
}): { url: string; from: string } | null {
  if (url === undefined) return null;
  const host = publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname;
  return { url, from: from ?? `Polylogue <no-reply@${host}>` };
}
