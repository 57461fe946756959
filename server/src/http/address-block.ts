import { normalizeIP } from '@better-auth/core/utils/ip';

/**
 * The block by which an address is counted: an IPv4 address itself, also if it is written as IPv6 (`::ffff:192.0.2.1`);
 * the first 64 bits of an IPv6 address, because a client that has one address of such a block has all of them.
 */
export function addressBlock(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  return normalizeIP(withoutZone.toLowerCase(), { ipv6Subnet: 64 });
}
