import { describe, expect, it } from '@jest/globals'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { createRestcommPush } from '../../src/simulator/restcomm-push.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

const msisdn = '+375291234567'
const hello =
  '<dialog mapMessagesSize="1"><unstructuredSSNotify_Request invokeId="1" string="Hello"><msisdn number="375291234567"/></unstructuredSSNotify_Request></dialog>'

describe('dialogues that ended between two posts', () => {
  it('are remembered, up to a thousand', async () => {
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: 'http://127.0.0.1:1' })
    handsets.screen(msisdn)
    const push = createRestcommPush(handsets)
    const post = (cookie?: string) => push.post(hello, cookie, new AbortController().signal)
    const cookies: string[] = []
    for (let at = 0; at < 1001; at++) {
      const posted = await post()
      if (posted.kind === 'dialog' && posted.cookie !== undefined) cookies.push(posted.cookie)
      handsets.hangUp(msisdn)
    }
    expect(cookies).toHaveLength(1001)
    expect(await post(cookies[0])).toEqual({
      kind: 'malformed',
      message: 'The dialogue of this cookie is over.',
    } satisfies Malformed)
    const ended = { kind: 'dialog', cookie: undefined, xml: expect.stringContaining('mapUserAbortChoice') }
    expect(await post(cookies[1])).toEqual(ended)
    expect(await post(cookies[1000])).toEqual(ended)
  })
})
