import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, ConfigError } from './config.ts';

/** Resolves to the port that is listened to. Rejects with a ConfigError where `host` and `port` cannot be had. */
export function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      reject(new ConfigError([`HOST is "${host}" and PORT is "${port}": nobody can listen there (${error.code})`]));
    };
    server.once('error', refuse).listen(port, host, () => {
      server.off('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
