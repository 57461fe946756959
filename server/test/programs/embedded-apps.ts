import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration } from '../../src/app.ts';

// This process has an app for each configuration in its argument, behind a server of its own. It prints their addresses,
// closes everything when it is asked to end, and prints which environment variables were read by then.
const read = new Set<string>();
process.env = new Proxy(process.env, {
  get(variables, name) {
    read.add(String(name));
    return Reflect.get(variables, name);
  },
  has(variables, name) {
    read.add(String(name));
    return Reflect.has(variables, name);
  },
  ownKeys(variables) {
    read.add('(all)');
    return Reflect.ownKeys(variables);
  },
});
const { createApp } = await import('../../src/app.ts');

const configurations: Configuration[] = JSON.parse(process.argv[2] ?? '[]');
const apps = await Promise.all(configurations.map(createApp));
const servers = apps.map(({ request, upgrade }) => createServer(request).on('upgrade', upgrade).listen(0, '127.0.0.1'));
await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
const urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
console.log(`urls: ${JSON.stringify(urls)}`);

process.once('SIGTERM', async () => {
  await Promise.all(apps.map((app) => app.close()));
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  console.log(`read: ${JSON.stringify([...read])}`);
});
