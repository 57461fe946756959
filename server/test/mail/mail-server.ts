import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  subject: string;
  /** Decoded. */
  text: string;
}

/** A real SMTP server on the loopback that keeps what it is sent. */
export interface MailServer {
  /** The value of SMTP_URL. */
  url: string;
  mails: ReceivedMail[];
  /** Resolves with the first mail to this address that `isMeant` accepts, one that has come or the next. */
  mailTo(address: string, isMeant?: (mail: ReceivedMail) => boolean): Promise<ReceivedMail>;
  close(): Promise<void>;
}

export async function startMailServer({ user = '', password = '' } = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(user === '' ? ['AUTH'] : [])],
    authOptional: user === '',
    // A client's pool keeps idle connections, for which the end need not wait.
    closeTimeout: 500,
    onAuth({ username, password: given }, _session, done) {
      if (username === user && given === password) return done(null, { user });
      done(Object.assign(new Error('Not you'), { responseCode: 535 }));
    },
    onData(stream, { envelope }, done) {
      void text(stream).then((source) => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parse(source) });
        for (const wake of waiting) wake();
        done();
      }, done);
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const credentials = user === '' ? '' : `${user}:${encodeURIComponent(password)}@`;
  return {
    url: `smtp://${credentials}127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    async mailTo(address, isMeant = () => true) {
      for (;;) {
        const found = mails.find((mail) => mail.to.includes(address) && isMeant(mail));
        if (found) return found;
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Reads a mail of one part. */
function parse(source: string): { subject: string; text: string } {
  const [head = '', ...body] = source.split('\r\n\r\n');
  const encoding = /^Content-Transfer-Encoding: (.*)$/im.exec(head)?.[1]?.trim();
  const raw = body.join('\r\n\r\n');
  const decoded =
    encoding === 'base64'
      ? Buffer.from(raw, 'base64').toString('utf8')
      : encoding === 'quoted-printable'
        ? fromQuotedPrintable(raw)
        : raw;
  return { subject: /^Subject: (.*)$/im.exec(head)?.[1] ?? '', text: decoded.replaceAll('\r\n', '\n').trimEnd() };
}

function fromQuotedPrintable(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The first link in a mail, as a path with its query. */
export function linkIn({ text }: ReceivedMail): URL {
  return new URL(/https?:\S+/.exec(text)?.[0] ?? '');
}
