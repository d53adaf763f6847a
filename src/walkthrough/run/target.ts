import type { Route } from '../../simulator/network.ts'
import { WalkthroughError } from '../script/walkthrough.ts'
import type { Fixture, FixturePatch } from '../script/walkthrough.ts'

/** The system under test: an application behind a callback, with more access if it is a gateway of this project. */
export interface Target {
  /** The application that the phones dial. */
  readonly route: Route
  /** The clock of the target and the phones; undefined if they run on real time. */
  readonly clock: VirtualClock | undefined
  /** The operator and self-care interfaces; undefined for any other application. */
  readonly gateway: TargetGateway | undefined
  close(): Promise<void>
}

export interface VirtualClock {
  /** Milliseconds since the epoch. */
  now(): number
  advance(ms: number): void
}

/** Secrets are in clear: they belong to test subscribers. All methods reject with `TargetError`. */
export interface TargetGateway {
  /** Creates the record and replaces an existing one. */
  register(fixture: Fixture): Promise<void>
  change(msisdn: string, patch: FixturePatch): Promise<void>
  /** Undefined if the number is not registered. */
  getSubscriber(msisdn: string): Promise<SubscriberView | undefined>
  /** Sends a self-care request, optionally with a JSON body and a bearer token. */
  request(request: {
    readonly method: 'GET' | 'POST' | 'PUT'
    readonly path: string
    readonly body?: object
    readonly token?: string | undefined
  }): Promise<{ readonly status: number; readonly body: unknown }>
  /** The names of all effects performed on the target so far; undefined if they are not visible. */
  readonly performed: (() => readonly string[]) | undefined
}

/** The public fields of a record. */
export type SubscriberView = Readonly<{ language: string } & Record<string, unknown>>

/** The reason a target cannot do what a walkthrough asks of it: one English sentence. */
export class TargetError extends WalkthroughError {
  override readonly name = 'TargetError'
}
