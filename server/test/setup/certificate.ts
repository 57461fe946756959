import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and a self-signed certificate as PEM, new in each run. Clients must be told to accept it. */
export function selfSigned(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = sequence(set(sequence(commonName, utf8String('localhost'))));
  const validity = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'));
  const content = sequence(
    integer(1),
    sequence(ecdsaWithSha256),
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const certificate = sequence(content, sequence(ecdsaWithSha256), bitString(sign('sha256', content, privateKey)));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** Encodes a value in DER (X.690): tag, length and contents. */
function value(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

const sequence = (...contents: Uint8Array[]) => value(0x30, ...contents);
const set = (...contents: Uint8Array[]) => value(0x31, ...contents);
const integer = (number: number) => value(0x02, Buffer.from([number]));
const bitString = (bytes: Uint8Array) => value(0x03, Buffer.from([0]), bytes);
const utf8String = (text: string) => value(0x0c, Buffer.from(text));
const utcTime = (time: string) => value(0x17, Buffer.from(time));
const commonName = value(0x06, Buffer.from([0x55, 0x04, 0x03]));
const ecdsaWithSha256 = value(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
