import { afterEach, describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { createApplication } from '../../src/simulator/application.ts'
import { startForeignApplication } from './foreign-application.ts'
import type { ForeignApplication } from './foreign-application.ts'

const running: ForeignApplication[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((application) => application.close()))
})

const wire = africastalking.formatRequest({
  sessionId: 'ATUid_1',
  msisdn: '+375291234567',
  dialled: '*141#',
  replies: [],
  answers: [],
  beganAtMs: 0,
})

describe('the client of an application', () => {
  it.each(['call', 'sendThenReset'] as const)('%s sends nothing after a hang-up', async (method) => {
    const foreign = await startForeignApplication(() => 'END ok')
    running.push(foreign)
    const application = createApplication({ dialect: africastalking, callbackUrl: foreign.url })
    const options = { timeoutMs: 10_000, remainingMs: 10_000 }
    expect(await application[method](wire, { ...options, hungUp: AbortSignal.abort() })).toMatchObject({
      kind: 'failed',
    })
    // A later call arrives, so an earlier one would have arrived, too.
    const { signal } = new AbortController()
    expect(await application.call(wire, { ...options, hungUp: signal })).toMatchObject({
      answer: { text: 'ok' },
    })
    expect(foreign.received).toHaveLength(1)
  })
})
