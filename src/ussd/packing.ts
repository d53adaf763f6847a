/**
 * Packs septets into octets, least significant bit first (3GPP TS 23.038 6.1.2). USSD and SMS pad the last octet differently.
 * SMS sends a septet count and USSD does not, so in USSD seven spare bits would read as `@` and are filled with CR (6.1.2.3.1).
 */

const CR = 0x0d

export type PackingMode = 'ussd' | 'sms'

/**
 * Computes the octets of septets packed for USSD.
 * @param count septets, without padding
 * @param endsWithCr true when CR is the last septet: on an octet boundary, a second CR follows it
 */
export const ussdOctets = (count: number, endsWithCr: boolean): number =>
  Math.ceil((count * 7) / 8) + (endsWithCr && count > 0 && count % 8 === 0 ? 1 : 0)

/** Packs septets, one per element (0x00-0x7F), into octets. */
export function pack(septets: Uint8Array, mode: PackingMode): Uint8Array {
  const count = septets.length
  const endsWithCr = septets[count - 1] === CR
  const octets = new Uint8Array(mode === 'ussd' ? ussdOctets(count, endsWithCr) : Math.ceil((count * 7) / 8))
  septets.forEach((septet, at) => put(octets, at, septet))
  if (mode === 'ussd') {
    const sevenBitsSpare = count % 8 === 7
    // A receiver strips a CR at the end of such a message, so a real one is sent twice.
    const crWouldBeStripped = count > 0 && count % 8 === 0 && endsWithCr
    if (sevenBitsSpare || crWouldBeStripped) put(octets, count, CR)
  }
  return octets
}

/** Unpacks a USSD string. Drops a CR only where it can be padding. */
export function unpackUssd(octets: Uint8Array): Uint8Array {
  const septets = unpackSms(octets, septetsIn(octets.length))
  const endsOnBoundary = septets.length > 0 && septets.length % 8 === 0
  return endsOnBoundary && septets.at(-1) === CR ? septets.subarray(0, -1) : septets
}

/** Unpacks the first `count` septets, up to `septetsIn(octets.length)`, without dropping any. */
export function unpackSms(octets: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => {
    const bit = at * 7
    const low = octets[bit >> 3] ?? 0
    const high = octets[(bit >> 3) + 1] ?? 0
    return ((low | (high << 8)) >> (bit & 7)) & 0x7f
  })
}

/** The number of whole septets that fit into octets. */
export const septetsIn = (octetCount: number): number => Math.floor((octetCount * 8) / 7)

function put(octets: Uint8Array, at: number, septet: number) {
  const bit = at * 7
  const shifted = septet << (bit & 7)
  const octet = bit >> 3
  octets[octet] = (octets[octet] ?? 0) | (shifted & 0xff)
  // A write past the end of a typed array does nothing; the bits there are zero.
  octets[octet + 1] = (octets[octet + 1] ?? 0) | (shifted >> 8)
}
