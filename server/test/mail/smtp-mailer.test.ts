import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../src/mail/smtp-mailer.ts';
import { type MailServer, startMailServer } from './mail-server.ts';

describe('the mailer', () => {
  let server: MailServer | undefined;
  afterEach(() => server?.close());

  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });

  it('signs in to the mail server and sends a text to exactly one address', async () => {
    server = await startMailServer({ user: 'polylogue', password: 's3cret word' });
    const mailer = createSmtpMailer({ url: server.url, from: 'Polylogue <chat@example.org>', log });
    await mailer.send({ to: 'ann@example.org', subject: 'Grüße', text: 'One\nTwo: ü' });
    await mailer.send({ to: 'bob@example.org, eve@example.org', subject: 'x', text: 'y' });
    await mailer.close();
    expect(server.mails[0]).toMatchObject({ from: 'chat@example.org', to: ['ann@example.org'], text: 'One\nTwo: ü' });
    expect(server.mails.flatMap(({ to }) => to)).not.toContain('eve@example.org');
  });

  it.each([
    { query: '', came: null, why: 'the certificate is nobody’s' },
    { query: '?tls.rejectUnauthorized=false', came: { secure: true, servername: '', authMethod: 'PLAIN' } },
    {
      query: '?tls.rejectUnauthorized=false&tls.servername=mail.example.org',
      came: { secure: true, servername: 'mail.example.org' },
    },
    { query: '?ignoreTLS=true', came: { secure: false } },
    { query: '?ignoreTLS=true&requireTLS=true', came: null, why: 'the certificate is nobody’s' },
    { query: '?ignoreTLS=true&name=chat.example.org', came: { clientName: 'chat.example.org' } },
    { query: '?ignoreTLS=true&authMethod=LOGIN', came: { authMethod: 'LOGIN' } },
    { query: '?ignoreTLS=true&localAddress=127.0.0.2', came: { address: '127.0.0.2' } },
  ])('heeds the options in the query "$query" at a server with STARTTLS', async ({ query, came }) => {
    server = await startMailServer({ user: 'polylogue', password: 'secret', tls: true });
    const mailer = createSmtpMailer({ url: server.url + query, from: 'chat@example.org', log });
    await mailer.send({ to: 'ann@example.org', subject: 'x', text: 'y' });
    await mailer.close();
    expect(server.sessions).toEqual(came === null ? [] : [expect.objectContaining(came)]);
  });

  it('asks a server for TLS that does not offer it only if it is told to', async () => {
    server = await startMailServer();
    const mail = { to: 'ann@example.org', subject: 'x', text: 'y' };
    for (const query of ['?requireTLS=true', '']) {
      const mailer = createSmtpMailer({ url: server.url + query, from: 'chat@example.org', log });
      await mailer.send(mail);
      await mailer.close();
      expect(server.mails).toHaveLength(query === '' ? 1 : 0);
    }
  });

  it('reports a failure without the password, the text or the recipient, and never rejects', async () => {
    server = await startMailServer({ user: 'polylogue', password: 'right' });
    const url = server.url.replace('right', 'wr0ng-password');
    const mailer = createSmtpMailer({ url, from: 'chat@example.org', log });
    lines.length = 0;
    await mailer.send({ to: 'ann@example.org', subject: 'Set a new password', text: 'https://x/secret-link' });
    await mailer.close();
    expect(server.mails).toEqual([]);
    expect(lines.join('')).toContain('EAUTH 535');
    expect(lines.join('')).not.toMatch(/wr0ng|secret-link|ann@/);
  });
});
