/**
 * A walkthrough as data: what subscribers do on their phones and at the self-care site, and what they are to see. A script is
 * read into it (`read.ts`) and a recorded dialogue is turned into it; the runner walks it, and reports draw what came of it.
 */

import type { Access } from '../../gateway/records/subscriber.ts'

/** Text as a script gives it: literal, or with placeholders such as `{{puk1}}` (`secrets.ts`). */
export type Given = string

/** A subscriber as the walkthrough finds one; what is left out is as it is for a new one (L1). */
export interface Fixture {
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly language?: 'ru' | 'be' | 'en'
  readonly tariff?: string
  readonly client?: string
  readonly role?: 'subscriber' | 'administrator'
  readonly registrationByPuk1?: boolean
  readonly access?: Access
  readonly closedBecause?: 'sim-lost' | 'restricted'
  /** 8 digits; a test subscriber's, since it stands in a file. Left out, one is made up. */
  readonly puk1?: Given
  /** 0 to 10, of the ten; only where the target is in this process. */
  readonly puk1AttemptsLeft?: number
  readonly password?: Given
}

/** What the operator changes on a record while a walkthrough runs. */
export type FixturePatch = Omit<Fixture, 'msisdn'>

/** What somebody does. */
export type Action =
  /** Nothing: the screen is looked at as it is. */
  | { readonly kind: 'look' }
  | { readonly kind: 'dial'; readonly code: string }
  | {
      readonly kind: 'send'
      readonly text: Given
      readonly isSecret: boolean
      /** A secret that is typed where none is asked for. */
      readonly unasked?: true
    }
  /** Time passes for everybody. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** The aggregator sends this phone's last callback again, byte for byte. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'hang-up' }
  /** At the self-care site (L5). */
  | { readonly kind: 'log-in'; readonly password: Given }
  /** Uses the self-care session that was begun last by this subscriber (L6). */
  | { readonly kind: 'visit' }
  /** Sets the password with PUK1 at the site (L3). */
  | { readonly kind: 'set-password'; readonly puk1: Given; readonly password: Given }
  /** An administrator opens or closes somebody's access at the site (L9); `of` is a phone of the walkthrough. */
  | { readonly kind: 'manage'; readonly of: string; readonly access: 'open' | 'closed' }
  /** The operator changes this phone's subscriber. */
  | { readonly kind: 'change'; readonly patch: FixturePatch }

/** A text as it is to be: the whole of it, a part, or a regular expression (JavaScript, `u` and `s`). */
export type TextMatch =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: string }

/** What is to be seen after the action. */
export type Expectation =
  /** `waiting`: the screen takes an answer (`sees`); `ended`: the dialogue is over (`ends`). */
  | { readonly kind: 'screen'; readonly state: 'waiting' | 'ended'; readonly text: TextMatch }
  /** The network broke the dialogue off, and says why (`fails`). */
  | { readonly kind: 'failure'; readonly sentence: TextMatch }
  /** The site answers with this HTTP status. */
  | { readonly kind: 'status'; readonly status: number }

export interface Step {
  /** Whose phone: a key of `handsets`. */
  readonly who: string
  readonly action: Action
  readonly expectation: Expectation | undefined
  /** Of the script's file, from 1. */
  readonly line: number
}

/** What is to hold of a subscriber when all is over; what is left out is not looked at. */
export interface Postcondition {
  readonly who: string
  readonly record: Partial<Pick<Fixture, 'language' | 'tariff' | 'client' | 'role' | 'access'>> & {
    readonly closedBecause?: 'sim-lost' | 'restricted' | null
    readonly puk1AttemptsLeft?: number
    /** Shown by logging in at the site. */
    readonly password?: Given
    readonly hasPassword?: boolean
  }
  readonly line: number
}

export interface Walkthrough {
  readonly title: string
  /** Ids of the rules it shows, e.g. `L7`. */
  readonly rules: readonly string[]
  /** The script's file as it was named, and the line its text begins at; a recorded or explored one has `''`. */
  readonly file: string
  readonly line: number
  /** The phones, by name; a walkthrough of one phone calls it `subscriber`. */
  readonly handsets: Readonly<Record<string, Phone>>
  readonly steps: readonly Step[]
  readonly after: readonly Postcondition[]
  /** Effects, in the order in which they are performed; undefined: not looked at. Only in this process. */
  readonly performed: readonly string[] | undefined
}

/** A phone of a walkthrough. */
export interface Phone {
  readonly msisdn: string
  /** The record that is made for it; undefined: whoever is registered there is taken. */
  readonly fixture: Fixture | undefined
}
