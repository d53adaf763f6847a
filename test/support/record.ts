import { record } from '../../menus/record.ts'
import type { Routes, Subscriber } from '../../menus/record.ts'
import type { PlainPatchOf } from '../../src/gateway/records/record.ts'
import type { Subscribers } from '../../src/services/subscribers.ts'
import type { RecordFormat } from '../../src/gateway/records/record-format.ts'
import { createSubscriberFormat } from '../../src/gateway/records/subscriber-format.ts'
import { subscriberSchema } from '../../src/gateway/records/subscriber.ts'

/** The format of the shipped project's records. */
export const subscriberFormat = (recordFormat: RecordFormat = 'compact'): Routes['format'] =>
  createSubscriberFormat(record, { defaultLanguage: 'ru', recordFormat }) as unknown as Routes['format']

const compact = subscriberFormat()

/** Parses a stored record of the shipped project. */
export const parseSubscriber = (stored: string): Subscriber => compact.parse(stored)

/** A new subscriber of the shipped project, without a language. */
export const newSubscriber = subscriberSchema(record).parse(record.initial) as Subscriber

/** The changes of a subscriber, with `puk1` and `password` in plain text. */
export type PlainPatch = PlainPatchOf<typeof record>

type View = Omit<Subscriber, 'puk1' | 'puk1Pending' | 'password' | 'passwordGeneration'> & {
  readonly msisdn: string
  readonly hasPuk1: boolean
  readonly hasPassword: boolean
}

/** The operator's access to records of the shipped project. */
export type ShippedSubscribers = Omit<Subscribers, 'put' | 'get'> & {
  put(...args: Parameters<Subscribers['put']>): Promise<{ readonly created: boolean; readonly view: View }>
  get(msisdn: string): Promise<View | undefined>
}
