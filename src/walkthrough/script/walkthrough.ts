/**
 * A walkthrough (test script) as data: the actions of subscribers on their phones and in self-care, and the expected results.
 * `read.ts` reads one from YAML, the recorder creates one from a dialogue, the runner executes it.
 */
import type { SecretForms } from '../../gateway/records/record.ts'

/** Literal text, or a placeholder such as `{{puk1}}` (`secrets.ts`). */
export type ScriptText = string

/** Fields of the project's record, `<secret>AttemptsLeft`, and secrets: `ScriptText` under their names. */
export type RecordFields = Readonly<Record<string, unknown>>

/** The record of a subscriber before the walkthrough. Omitted fields have the values of a new subscriber. */
export interface Fixture extends RecordFields {
  /** E.164 with `+`. */
  readonly msisdn: string
  readonly language?: string
}

/** A change of a record by the operator during a walkthrough. */
export type FixturePatch = RecordFields

export type Action =
  /** Does nothing; the expectation checks the screen as it is. */
  | { readonly kind: 'look' }
  | { readonly kind: 'dial'; readonly code: string }
  | {
      readonly kind: 'send'
      readonly text: ScriptText
      readonly isSecret: boolean
      /** Allows a secret on a screen that does not ask for one. */
      readonly unasked?: true
    }
  /** Time passes for all phones. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** The aggregator sends a duplicate of this phone's last callback, byte for byte. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'hang-up' }
  /** In self-care (L5). */
  | { readonly kind: 'log-in'; readonly password: ScriptText }
  /** Uses the latest self-care session of this subscriber (L6). */
  | { readonly kind: 'visit' }
  /** Sets the password with PUK1 in self-care (L3). */
  | { readonly kind: 'set-password'; readonly puk1: ScriptText; readonly password: ScriptText }
  /** An administrator opens or closes the access of the phone `of` in self-care (L9). */
  | { readonly kind: 'manage'; readonly of: string; readonly access: 'open' | 'closed' }
  /** The operator changes the record of this phone's subscriber. */
  | { readonly kind: 'change'; readonly patch: FixturePatch }

/** An expected text: the whole text, a part of it, or a JavaScript regular expression with the flags `s` and `u`. */
export type TextMatch =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: string }

/** The expected result of a step. */
export type Expectation =
  /** `waiting`: the screen takes an answer (`sees`); `ended`: the dialogue has ended (`ends`). */
  | { readonly kind: 'screen'; readonly state: 'waiting' | 'ended'; readonly text: TextMatch }
  /** The network ended the dialogue with this message (`fails`). */
  | { readonly kind: 'failure'; readonly message: TextMatch }
  /** The HTTP status of self-care. */
  | { readonly kind: 'status'; readonly status: number }

export interface Step {
  /** The phone: a key of `handsets`. */
  readonly who: string
  readonly action: Action
  readonly expectation: Expectation | undefined
  /** In the script file, from 1. */
  readonly line: number
}

/** The expected record of a subscriber at the end. Omitted fields are not checked. */
export interface Postcondition {
  readonly who: string
  /** Also `has<Secret>`, and `password`, which a login checks. */
  readonly record: RecordFields
  readonly line: number
}

export interface Walkthrough {
  readonly title: string
  /** Ids of the rules it covers, such as `L7`. */
  readonly rules: readonly string[]
  /** The path of the script file and the first line of the script. Empty for a recorded or generated walkthrough. */
  readonly file: string
  readonly line: number
  /** The phones by name. A single phone is called `subscriber`. */
  readonly handsets: Readonly<Record<string, Phone>>
  readonly steps: readonly Step[]
  readonly after: readonly Postcondition[]
  /** The secrets of the project's record, by name. */
  readonly secrets: SecretForms
  /** The expected effects in order; undefined: not checked. Needs a gateway in this process. */
  readonly performed: readonly string[] | undefined
}

/** A phone of a walkthrough. */
export interface Phone {
  readonly msisdn: string
  /** The record to register; undefined: the phone uses the record that exists on the target. */
  readonly fixture: Fixture | undefined
  /** The script names no number. */
  readonly isDefault?: true
}

/** The reason a walkthrough cannot run: one English sentence that holds no secret. */
export class WalkthroughError extends Error {
  override readonly name: string = 'WalkthroughError'
}
