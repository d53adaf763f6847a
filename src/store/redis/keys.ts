import type { RecordName } from '../../gateway/ports.ts'

/**
 * The names of the gateway's keys: `ussd:{b17}:subscriber:375291234567`, `ussd:{b17}:journal`. The bucket is the hash tag, so
 * everything a turn changes lies in one slot of a cluster (decision 0003). A record's name has the form
 * `<kind>:<id>`, so its key never equals that of a journal.
 */
export interface Keys {
  record(bucket: number, name: RecordName): string
  journal(bucket: number): string
}

/** Returns the keys under a prefix: `ussd`, unless several gateways share one Redis. */
export function keysWithPrefix(prefix: string): Keys {
  return {
    record: (bucket, name) => `${prefix}:{b${bucket}}:${name}`,
    journal: (bucket) => `${prefix}:{b${bucket}}:journal`,
  }
}

/** Returns the cluster slot of a bucket, 0 to 16383: the CRC-16/XMODEM of its hash tag (Redis Cluster specification). */
export function slotOf(bucket: number): number {
  let crc = 0
  for (const byte of Buffer.from(`b${bucket}`)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc % 16_384
}
