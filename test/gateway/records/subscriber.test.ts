import { describe, expect, it } from '@jest/globals'
import { UssdError } from '../../../src/engine/errors.ts'
import { SessionJson } from '../../../src/gateway/records/session.ts'
import { parseRecord } from '../../../src/gateway/records/record-format.ts'
import { newSubscriber } from '../../support/record.ts'
import { record } from '../../../menus/record.ts'
import { subscriberSchema } from '../../../src/gateway/records/subscriber.ts'

const Subscriber = subscriberSchema(record)

/** The error that a stored text causes. */
function errorOf(parse: () => unknown): UssdError {
  try {
    parse()
  } catch (error) {
    if (error instanceof UssdError) return error
  }
  throw new Error('no UssdError was thrown')
}

describe('parseRecord', () => {
  it('names the invalid fields in the detail, without their values', () => {
    const secret = '80291'
    const text = JSON.stringify({ ...newSubscriber, access: secret, puk1: { hash: [secret], key: secret } })
    const error = errorOf(() => parseRecord(Subscriber, text))
    expect(error).toMatchObject({ code: 'USSD_RECORD_CORRUPT', cause: undefined })
    expect(error.message).toMatch(/: access, puk1\.hash$/)
    expect(error.message).not.toContain(secret)
  })

  it('names the place of an invalid element', () => {
    const receipts = [{ turn: 'a', text: 'b', waits: true, atMs: 'c' }]
    const session = { menu: '*1#', revision: '', state: null, begunBy: '', heard: 0, answeredAtMs: 0 }
    const text = JSON.stringify({ ...session, idleUntilMs: 0, receipts })
    expect(errorOf(() => parseRecord(SessionJson, text)).message).toMatch(/: receipts\.0\.atMs$/)
  })

  it('says that a value of another type is invalid as a whole', () => {
    expect(errorOf(() => parseRecord(Subscriber, '[]')).message).toMatch(/: the whole record$/)
  })

  it('says that a text is not JSON, without quoting it', () => {
    const error = errorOf(() => parseRecord(Subscriber, '{80291'))
    expect(error.message).toMatch(/: not JSON$/)
    expect(error.cause).toBeUndefined()
  })
})
