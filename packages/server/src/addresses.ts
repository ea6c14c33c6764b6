/**
 * Addresses of clients, and ranges of them, as people write them: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
 *
 * @module
 */
import * as Net from "node:net"

/** All addresses that begin with so many bits of this one. */
export interface AddressRange {
  readonly address: Net.SocketAddress
  readonly bits: number
}

/** Reads an address; undefined when it is none. IPv4 is taken for that also where it is written as IPv6. */
export const parseAddress = (text: string): Net.SocketAddress | undefined => {
  // The zone of an address says by which of one's own interfaces it is reached.
  const address = text.replace(/^::ffff:(?=[0-9.]+$)/iu, "").replace(/%[^/]*$/u, "")
  const family = Net.isIP(address)
  return family === 0 ? undefined : new Net.SocketAddress({ address, family: family === 4 ? "ipv4" : "ipv6" })
}

const bitsOf = ({ family }: Net.SocketAddress): number => (family === "ipv4" ? 32 : 128)

/** Reads a range, or an address alone; undefined when it is neither. */
export const parseRange = (text: string): AddressRange | undefined => {
  const [spelling = "", length, more] = text.split("/")
  const address = parseAddress(spelling)
  if (address === undefined || more !== undefined) return undefined
  const bits = length === undefined ? bitsOf(address) : Number(length)
  return /^[0-9]{1,3}$/u.test(length ?? "0") && bits <= bitsOf(address) ? { address, bits } : undefined
}

/** The one spelling of a range. */
export const rangeText = ({ address, bits }: AddressRange): string =>
  bits === bitsOf(address) ? address.address : `${address.address}/${bits}`

/** Tells whether an address is in one of these ranges. */
export const isWithin = (ranges: Iterable<AddressRange>): ((address: Net.SocketAddress) => boolean) => {
  // Node takes each address of IPv4 for one of IPv6, too: `::/0` would be everybody.
  const lists = { ipv4: new Net.BlockList(), ipv6: new Net.BlockList() }
  for (const { address, bits } of ranges) lists[address.family].addSubnet(address, bits)
  return (address) => lists[address.family].check(address)
}
