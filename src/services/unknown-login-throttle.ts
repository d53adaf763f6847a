/**
 * Attempts at numbers that are not served. They are throttled like served ones, or 429 would tell who is registered; but
 * anybody can make up numbers, so what is stored for them is bounded: each bucket has a fixed number of slots, a keyed digest
 * decides which one a number shares with others, and a full slot forgets the number whose pause ends first (decision 0042).
 */
import { z } from 'zod'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { Change, RecordName, Versioned } from '../gateway/ports.ts'
import { unknownLoginName } from '../gateway/records/records.ts'
import { parseRecord } from '../gateway/records/subscriber.ts'
import { FAILURES_TTL_MS, Login, LoginFields } from './login-throttle.ts'

/** 256 buckets of 64 slots of 4 numbers: 65 536 numbers, in at most 16 384 records of about 500 bytes. */
const SLOTS = 64
const NUMBERS_IN_A_SLOT = 4

const Slot = z.looseObject({
  numbers: z.array(LoginFields.extend({ tag: z.string() })).default([]),
})

/** The slot of one number, as it was loaded. */
export interface UnknownLoginSlot {
  /** Attempts at this number so far. */
  readonly login: Login | undefined
  /** The slot with another count for this number, or without it; otherwise written as it is, so that every path writes. */
  put(login?: Login | 'none'): Change
}

export interface UnknownLoginThrottle {
  nameOf(msisdn: string): RecordName
  open(msisdn: string, record: Versioned | undefined): UnknownLoginSlot
}

export function createUnknownLoginThrottle(keyring: Keyring): UnknownLoginThrottle {
  const digestOf = (msisdn: string): Buffer => keyring.mac('throttle', [msisdn])
  const nameOf = (msisdn: string): RecordName => unknownLoginName((digestOf(msisdn)[0] ?? 0) % SLOTS)

  return {
    nameOf,

    open(msisdn, record) {
      const tag = digestOf(msisdn).toString('base64url', 1, 9)
      const slot = record ? parseRecord(Slot, record.value) : { numbers: [] }
      const login = slot.numbers.find((one) => one.tag === tag)
      return {
        login,
        put(after) {
          const others = slot.numbers.filter((one) => one.tag !== tag)
          // A pause that is over, or never was, ended with its last attempt: the longest ago goes first.
          const kept = others
            .toSorted((a, b) => (b.closedUntilMs ?? Infinity) - (a.closedUntilMs ?? Infinity))
            .slice(0, NUMBERS_IN_A_SLOT - 1)
          const numbers =
            after === undefined ? slot.numbers : after === 'none' ? others : [...kept, { ...after, tag }]
          return {
            name: nameOf(msisdn),
            expectedVersion: record?.version,
            write: {
              kind: 'put',
              value: JSON.stringify({ ...slot, numbers }),
              ttlMs: FAILURES_TTL_MS,
            },
          }
        },
      }
    },
  }
}
