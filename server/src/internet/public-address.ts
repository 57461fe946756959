import { BlockList, isIP } from 'node:net';

/**
 * Networks that are nobody's on the internet: of this host, of its surroundings, of cloud providers' metadata, and what is
 * reserved. https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const reservedV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** What may be reached of IPv6 is in `globalV6`, without these: tunnels that lead into IPv4, and examples. */
const globalV6: [string, number] = ['2000::', 3];
const reservedV6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const reserved = new BlockList();
for (const [network, bits] of reservedV4) reserved.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of reservedV6) reserved.addSubnet(network, bits, 'ipv6');
const global = new BlockList();
global.addSubnet(...globalV6, 'ipv6');

/**
 * Whether an IP address is of the public internet. An IPv6 address that stands for one of IPv4 is not, whichever it is: a
 * public one has a name that leads to it directly.
 */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !reserved.check(address, 'ipv4');
  return kind === 6 && global.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}
