import { chromium } from 'playwright-core';

const base = process.argv[2] ?? 'http://localhost:4200';
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const ctx = await b.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: process.argv[3] ?? 'light' });
const p = await ctx.newPage();
p.on('console', (m) => {
  if (['error', 'warning'].includes(m.type())) console.log('console', m.type(), m.text().slice(0, 300));
});
p.on('pageerror', (e) => console.log('pageerror', e.message));
await p.goto(base + '/sign-up');
await p.waitForTimeout(800);
await p.screenshot({ path: '/tmp/shots/signup.png' });
await p.getByLabel(/name/i).first().fill('Ada');
await p.getByLabel(/mail/i).fill(`ada${Date.now()}@x.io`);
await p
  .getByLabel(/password/i)
  .first()
  .fill('secret-123');
await p
  .getByRole('button', { name: /create|sign up/i })
  .first()
  .click();
await p.waitForTimeout(4000);
await p.screenshot({ path: '/tmp/shots/empty.png' });
const box = p.getByRole('textbox').last();
await box.fill('What is the capital of France? Compare it with Rome in a table and show some code.');
await p.waitForTimeout(1500);
await p.screenshot({ path: '/tmp/shots/typed.png' });
await box.press('Enter');
await p.waitForTimeout(3000);
await p.screenshot({ path: '/tmp/shots/streaming.png' });
await p.reload();
await p.waitForTimeout(1500);
await p.screenshot({ path: '/tmp/shots/reloaded.png' });
await p.waitForTimeout(12000);
await p.screenshot({ path: '/tmp/shots/done.png' });
await p.setViewportSize({ width: 390, height: 844 });
await p.waitForTimeout(800);
await p.screenshot({ path: '/tmp/shots/phone.png' });
await b.close();
