import { normalizeIP } from '@better-auth/core/utils/ip';

/**
 * What an address is counted by: an IPv4 address is itself, also where it is written as IPv6 (`::ffff:192.0.2.1`); of an
 * IPv6 address the first 64 bits, because whoever has one has all of them.
 */
export function addressBlock(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  return normalizeIP(withoutZone.toLowerCase(), { ipv6Subnet: 64 });
}
