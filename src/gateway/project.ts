import type { Language } from '../engine/authoring.ts'
import type { Menu } from '../engine/menu.ts'
import type { Numbering } from '../ussd/numbering.ts'
import type { RecordDefinition } from './records/record.ts'
import type { Messages } from './system-messages.ts'

export const subscriberPolicies = ['registered', 'anyone'] as const
export type SubscriberPolicy = (typeof subscriberPolicies)[number]

/** The keys that mean the same on every screen: one or two digits each. */
export interface Keys {
  /** Goes back one screen, or leaves the first one; `0` by default. */
  readonly back: string
  /** Returns to the first screen. */
  readonly home?: string | undefined
  /** Shows the next page. An equal reply in a row is no duplicate, however quick. */
  readonly more?: string | undefined
}

/** What one gateway serves. `defineProject` makes it from the file of a project. */
export interface Project {
  /** BCP 47 tags. The first one is the language of numbers without a record. */
  readonly languages: readonly [Language, ...Language[]]
  /** The menu of each dialled code: `*141#`, `#144#`, or `*101…#` for all numbers that begin with 101. */
  readonly codes: Readonly<Record<string, Menu>>
  readonly messages: Messages
  /** The numbers that may dial. Other numbers are told that they are not served. */
  readonly numbering: Numbering
  /** `registered`: a number without a record is not served. `anyone`: its record is made at the first change. */
  readonly subscribers: SubscriberPolicy
  /** The fields and secrets of a subscriber. */
  readonly record: RecordDefinition
  readonly keys: Keys
  /** IANA name, `UTC` by default. */
  readonly timeZone: string
  /** ISO 4217. */
  readonly currency: string | undefined
  /** `#141#` shows `*141#` in Latin letters, a convention of Belarusian operators. */
  readonly latin: boolean
}
