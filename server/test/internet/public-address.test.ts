import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/internet/public-address.ts';

describe('an address of the public internet', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.100.100.200', '198.18.0.1', '192.0.2.1', '203.0.113.9', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', 'fe80::1', 'fc00::1', 'fd00:ec2::254'],
    ...['ff02::1', '2001:db8::1', '2001::1', '2002:7f00:1::', '::7f00:1', 'localhost', '', '1.1.1.1.1', 'fe80::1%eth0'],
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false));

  it('is none that begins like a private network', () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(fc.constantFrom('10', '127', '169.254', '192.168', '0'), byte, byte, byte, (network, ...rest) => {
        const bytes = [...network.split('.'), ...rest].slice(0, 4);
        expect(isPublicAddress(bytes.join('.'))).toBe(false);
        const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
        const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
        expect(isPublicAddress(`::ffff:${hex(a, b)}:${hex(c, d)}`)).toBe(false);
      }),
    );
  });
});
