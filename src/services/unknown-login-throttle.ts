/**
 * Throttles logins at unknown numbers like those at known ones; otherwise a 429 would reveal subscribers. Anyone can invent
 * numbers, so storage is bounded: each bucket has a fixed number of slots, and a keyed digest assigns numbers to slots. A full
 * slot drops the number whose pause ends first (decision 0042).
 */
import { z } from 'zod'
import type { Keyring } from '../gateway/records/keyring.ts'
import type { Change, RecordName, Versioned } from '../gateway/ports.ts'
import { parseRecord } from '../gateway/records/record-format.ts'
import { changeOf, put } from '../gateway/transaction.ts'
import { FAILURES_TTL_MS, Login, LoginFields } from './login-throttle.ts'

/** 256 buckets of 64 slots of 4 numbers: 65 536 numbers, in at most 16 384 records of about 500 bytes. */
const SLOTS = 64
const NUMBERS_PER_SLOT = 4

const Slot = z.looseObject({
  numbers: z.array(LoginFields.extend({ tag: z.string() })).default([]),
})

/** The loaded slot of one number. */
export interface UnknownLoginSlot {
  /** The count of this number. */
  readonly login: Login | undefined
  /** Writes the slot with another count, or without one (`none`), or unchanged: every path must write. */
  put(login?: Login | 'none'): Change
}

export interface UnknownLoginThrottle {
  nameOf(msisdn: string): RecordName
  open(msisdn: string, record: Versioned | undefined): UnknownLoginSlot
}

export function createUnknownLoginThrottle(keyring: Keyring): UnknownLoginThrottle {
  const digestOf = (msisdn: string): Buffer => keyring.mac('throttle', [msisdn])
  const nameOf = (msisdn: string): RecordName => `unknown-login:${(digestOf(msisdn)[0] ?? 0) % SLOTS}`

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
          // Drops the pause that ends first. Without a pause, `closedUntilMs` is the time of the last attempt.
          const kept = others
            .toSorted((a, b) => (b.closedUntilMs ?? Infinity) - (a.closedUntilMs ?? Infinity))
            .slice(0, NUMBERS_PER_SLOT - 1)
          const numbers =
            after === undefined ? slot.numbers : after === 'none' ? others : [...kept, { ...after, tag }]
          return changeOf(nameOf(msisdn), record, put({ ...slot, numbers }, FAILURES_TTL_MS))
        },
      }
    },
  }
}
