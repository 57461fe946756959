import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MailServer, type ReceivedMail, startMailServer } from '../mail/mail-server.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';

const password = 'the first word';

describeDatabases('an address', (database) => {
  let mail: MailServer;
  let app: TestApp;
  beforeAll(async () => {
    mail = await startMailServer();
    app = await startApp({
      database: database(),
      passwords: quickPasswords,
      env: { SMTP_URL: mail.url, PUBLIC_URL: 'https://chat.example.org' },
    });
    await app.newMember('Admin');
  });
  afterAll(async () => {
    await close();
    await mail?.close();
  });

  let closing: Promise<void> | undefined;
  function close(): Promise<void> {
    closing ??= app.close();
    return closing;
  }

  async function post(path: string, body: object, cookie = '') {
    const response = await fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
    expect([path, response.status]).toEqual([path, 200]);
    return response.headers
      .getSetCookie()
      .map((set) => set.split(';')[0])
      .join('; ');
  }

  const signUp = (email: string) => post('/sign-up/email', { name: 'Somebody', email, password });
  const mailsTo = (email: string) => mail.mails.filter(({ to }) => to.includes(email));

  /** Follows the link of the next mail to the address that asks for a confirmation. */
  async function confirm(email: string, isNew: (one: ReceivedMail) => boolean): Promise<void> {
    const { text } = await mail.mailTo(email, (one) => /Confirm/.test(one.subject) && isNew(one));
    await post('/email/confirm', { token: new URL(/https:\S+/.exec(text)?.[0] ?? '').hash.slice(1) });
  }

  async function newMember(email: string): Promise<string> {
    const before = mailsTo(email);
    await signUp(email);
    await confirm(email, (one) => !before.includes(one));
    return post('/sign-in/email', { email, password });
  }

  it('that was given up is in the data of its next owner only from then on, and is erased with its former one', async () => {
    const first = await newMember('handed@example.org');
    await post('/email/change', { newEmail: 'onward@example.org', password }, first);
    await confirm('onward@example.org', () => true);
    const second = await newMember('handed@example.org');
    const acts = async (cookie: string) => {
      const answer = await fetch(`${app.url}/export/my-data.json`, { headers: { cookie } });
      const { auditEntries } = (await answer.json()) as { auditEntries: { action: string; own: boolean }[] };
      return auditEntries.map(({ action, own }) => [action, own]);
    };
    expect(await acts(second)).toEqual([
      ['confirmAddress', true],
      ['downloadData', true],
    ]);
    expect(await acts(first)).toEqual([
      ['confirmAddress', true],
      ['changeAddress', true],
      ['downloadData', true],
    ]);
    await post('/delete-account', { password }, first);
    const entries = await database()
      .db.selectFrom('audit_entry')
      .select(['action', 'target', 'note'])
      .orderBy('id')
      .execute();
    expect(entries.map(({ action, target }) => [action, target])).toEqual([
      ['confirmAddress', null],
      ['changeAddress', null],
      ['confirmAddress', 'handed@example.org'],
      ['downloadData', 'handed@example.org'],
      ['downloadData', null],
      ['deleteAccount', expect.stringMatching(/^deleted member/)],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/before|onward/);
  });

  it('that is to be given up is told so before anything is changed', async () => {
    const cookie = await newMember('warned@example.org');
    await post('/email/change', { newEmail: 'elsewhere@example.org', password }, cookie);
    const { text } = await mail.mailTo('warned@example.org', ({ subject }) => /asked for another/.test(subject));
    expect(text).not.toContain('elsewhere');
  });

  it('is sent five mails in an hour at most, however often strangers sign up with it', async () => {
    for (let count = 0; count < 8; count += 1) await signUp('bombed@example.org');
    // Then nothing is under way any more.
    await close();
    expect(mailsTo('bombed@example.org')).toHaveLength(5);
  });
});
