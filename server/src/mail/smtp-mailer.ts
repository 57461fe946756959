import { createTransport } from 'nodemailer';
import type { Logger } from 'pino';
import { type Mail, type Mailer, mailOptions } from '../ports/mailer.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:port` or `smtps://…`; a query holds options (`mailOptions`). */
  url: string;
  /** `Name <address>`, or an address alone. */
  from: string;
  log: Logger;
}

/** Mails that may wait at once; beyond them a mail is given up, so that no flood of requests fills the memory. */
const WAITING_MAX = 200;
const CONNECTIONS_MAX = 2;
const SILENCE_MS_MAX = 10_000;
const SENDING_MS_MAX = 30_000;
const FAREWELL_MS_MAX = 3000;

/** Sends mail over SMTP. This file and nodemailer are loaded only where SMTP_URL is set. */
export function createSmtpMailer({ url, from, log }: SmtpOptions): Mailer {
  const transport = createTransport({
    ...optionsOf(new URL(url)),
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    connectionTimeout: SILENCE_MS_MAX,
    greetingTimeout: SILENCE_MS_MAX,
    dnsTimeout: SILENCE_MS_MAX,
    socketTimeout: SENDING_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const underWay = new Set<Promise<void>>();
  const lines = Array.from({ length: CONNECTIONS_MAX }, () => Promise.resolve());

  /** Sends a mail once a connection is free for it, unless that has taken too long: it would be too old to be of use. */
  async function deliver({ to, subject, text }: Mail): Promise<void> {
    const staleAt = performance.now() + SENDING_MS_MAX;
    const line = lines.shift() as Promise<void>;
    // An object is one address: a text would be read as a list of them.
    const mail = { from, to: { name: '', address: to }, subject, text };
    const sending = line.then(() => {
      if (performance.now() > staleAt) throw tookTooLong();
      return transport.sendMail(mail);
    });
    lines.push(
      sending.then(
        () => {},
        () => {},
      ),
    );
    await sending;
  }

  return {
    async send(mail) {
      if (underWay.size >= WAITING_MAX) return log.error({ subject: mail.subject }, 'mail: too many are waiting');
      const sending = deliver(mail).catch((error: unknown) => {
        log.error({ subject: mail.subject, cause: causeOf(error) }, 'mail: one could not be sent');
      });
      underWay.add(sending);
      await sending.finally(() => underWay.delete(sending));
    },
    async close() {
      await within(FAREWELL_MS_MAX, Promise.all(underWay)).catch(() => {});
      transport.close();
    },
  };
}

/** A password is sent to another machine only over TLS, unless the query says otherwise. */
function optionsOf(url: URL): Record<string, unknown> {
  const isHere = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  const { username, password, hostname, port, protocol } = url;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    secure: protocol === 'smtps:',
    port: port === '' ? (protocol === 'smtps:' ? 465 : 587) : Number(port),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    requireTLS: username !== '' && !isHere,
    ...askedBy(url),
  };
}

function askedBy({ searchParams }: URL): Record<string, unknown> {
  const asked: Record<string, unknown> = {};
  const tls: Record<string, unknown> = {};
  for (const [name, text] of searchParams) {
    const value = mailOptions[name] === 'boolean' ? text === 'true' : text;
    if (name.startsWith('tls.')) tls[name.slice('tls.'.length)] = value;
    else if (name in mailOptions) asked[name] = value;
  }
  return { ...asked, tls };
}

/** The code of an error: its message may quote what was sent, the password among it. */
function causeOf(error: unknown): string {
  const { code, responseCode, name } = error as { code?: unknown; responseCode?: unknown; name?: unknown };
  return [code ?? name ?? 'unknown', responseCode].filter((part) => part !== undefined).join(' ');
}

function tookTooLong(): Error {
  return Object.assign(new Error('It took too long'), { code: 'ETIMEDOUT' });
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tookTooLong()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
