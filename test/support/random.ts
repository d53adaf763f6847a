/**
 * Returns 32 bits that depend only on the seed and the position (the finaliser of MurmurHash3). Removing one event from a
 * schedule therefore does not change what is drawn for the others.
 */
export function randomAt(seed: number, position: number): number {
  let mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(position + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
