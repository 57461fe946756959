import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { selfSigned } from '../setup/certificate.ts';

export interface ReceivedMail {
  from: string;
  to: string[];
  subject: string;
  /** Decoded. */
  text: string;
}

/** How a mail came. */
export interface MailSession {
  /** Whether it came over TLS. */
  secure: boolean;
  /** The name that the client gave itself. */
  clientName: string;
  /** The name that the client asked for when TLS began; empty: none. */
  servername: string;
  address: string;
  /** `PLAIN`, `LOGIN`; empty: nobody signed in. */
  authMethod: string;
}

/** A real SMTP server on the loopback that keeps what it is sent. */
export interface MailServer {
  /** The value of SMTP_URL. */
  url: string;
  mails: ReceivedMail[];
  /** Of each mail. */
  sessions: MailSession[];
  /** Resolves with the first mail to this address that `isMeant` accepts, one that has come or the next. */
  mailTo(address: string, isMeant?: (mail: ReceivedMail) => boolean): Promise<ReceivedMail>;
  close(): Promise<void>;
}

/** @param tls whether it offers STARTTLS, with a certificate that it has made itself */
export async function startMailServer({ user = '', password = '', tls = false } = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const sessions: MailSession[] = [];
  const authMethods = new Map<string, string>();
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    ...(tls && selfSigned()),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(user === '' ? ['AUTH'] : [])],
    allowInsecureAuth: true,
    authOptional: user === '',
    // A client's pool keeps idle connections, for which the end need not wait.
    closeTimeout: 500,
    onAuth({ username, password: given, method }, { id }, done) {
      authMethods.set(id, method);
      if (username === user && given === password) return done(null, { user });
      done(Object.assign(new Error('Not you'), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      const { envelope, id, secure, remoteAddress: address } = session;
      const { hostNameAppearsAs: clientName, servername } = session as {
        hostNameAppearsAs?: string;
        servername?: string;
      };
      void text(stream).then((source) => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parse(source) });
        const authMethod = authMethods.get(id) ?? '';
        sessions.push({ secure, address, authMethod, clientName: clientName || '', servername: servername || '' });
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
    sessions,
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
