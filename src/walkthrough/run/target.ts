import type { Route } from '../../simulator/network.ts'
import { WalkthroughError } from '../script/error.ts'
import type { Fixture, FixturePatch } from '../script/walkthrough.ts'

/** What a walkthrough is walked on: an application behind a callback, and, where it is a gateway of ours, all around it. */
export interface Target {
  /** Where the phones' dialogues lead. */
  readonly route: Route
  /** The time of the target and of the phones, where it can be moved; undefined where it passes by itself. */
  readonly clock: VirtualClock | undefined
  /** The operator's and the site's side; undefined for an application of somebody else. */
  readonly gateway: TargetGateway | undefined
  close(): Promise<void>
}

export interface VirtualClock {
  /** Milliseconds since the epoch. */
  now(): number
  advance(ms: number): void
}

/** Secrets are in clear here: they are a test subscriber's, and go no further. Everything rejects with `Unusable`. */
export interface TargetGateway {
  /** Makes the record, whatever was there before. */
  register(fixture: Fixture): Promise<void>
  change(msisdn: string, patch: FixturePatch): Promise<void>
  /** Undefined where nobody is registered. */
  getSubscriber(msisdn: string): Promise<SubscriberView | undefined>
  /** A request of the self-care site, with a JSON body and a bearer token where they are given. */
  request(request: {
    readonly method: 'GET' | 'POST' | 'PUT'
    readonly path: string
    readonly body?: object
    readonly token?: string | undefined
  }): Promise<{ readonly status: number; readonly body: unknown }>
  /** Names of the effects performed since the target was made; undefined where they cannot be seen. */
  readonly performed: (() => readonly string[]) | undefined
}

/** What can be seen of a record. */
export interface SubscriberView {
  readonly language: string
  readonly tariff: string
  readonly client: string | null
  readonly role: string
  readonly access: string
  readonly closedBecause: string | null
  readonly puk1AttemptsLeft: number
  readonly hasPassword: boolean
}

/** The reason a target cannot do what a walkthrough asks of it: one English sentence. */
export class TargetError extends WalkthroughError {
  override readonly name = 'TargetError'
}
