import { describe, expect, it } from '@jest/globals'
import { SIGNATURE_TOLERANCE_MS } from '../../src/gateway/ports.ts'
import type { Callback, Commit, Store } from '../../src/gateway/ports.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import { assemble } from '../support/gateway.ts'

const msisdn = '+375291234567'

/** A gateway on a store with a manual clock, and an aggregator that signs and sends no session ids. */
async function setUp() {
  let nowMs = 1_700_000_000_000
  const store = createMemoryStore({ now: () => nowMs })
  const commits: Commit[] = []
  const watched: Store = {
    ...store,
    commit(commit) {
      commits.push(commit)
      return store.commit(commit)
    },
  }
  const gateway = assemble(watched, { argon2: createDigestArgon2() })
  await gateway.register(msisdn, { puk1: '12345678', access: 'closed-by-subscriber' })
  let sent = 0
  const sign = (typed: string | undefined, code = '*141*3*6#'): Callback => ({
    dialect: 'test',
    sessionId: `account:${msisdn.slice(1)}`,
    reusesSessionId: true,
    msisdn,
    dialled: typed === undefined ? code : '',
    reported: { kind: 'latest-only', typed },
    signed: { id: `delivery-${sent++}`, atMs: nowMs },
  })
  return {
    gateway,
    commits,
    sign,
    send: (callback: Callback) => gateway.gateway.turn(callback),
    elapse: (ms: number) => void (nowMs += ms),
    access: async () => (await gateway.subscribers.get(msisdn))?.access,
  }
}

describe('a signed callback', () => {
  it('replayed after a new dialogue changes nothing and gets its first answer', async () => {
    const { sign, send, elapse, access } = await setUp()
    const opening = [undefined, '1', '12345678'].map((typed) => sign(typed))
    const shown = []
    for (const callback of opening) {
      shown.push(await send(callback))
      elapse(4000)
    }
    expect(await access()).toBe('open')
    // Another dialogue under the same session id drops the receipts of the first.
    for (const typed of [undefined, '1', '2']) {
      await send(sign(typed))
      elapse(4000)
    }
    expect(await access()).toBe('closed-by-subscriber')
    for (const [at, callback] of opening.entries()) expect(await send(callback)).toEqual(shown[at])
    expect(await access()).toBe('closed-by-subscriber')
  })

  it('is recognised after more turns than there are receipts', async () => {
    const { sign, send, elapse, gateway } = await setUp()
    const begin = sign(undefined)
    const first = await send(begin)
    for (let turn = 0; turn < 20; turn++) {
      elapse(4000)
      await send(sign('7'))
    }
    expect(await send(begin)).toEqual(first)
    expect(gateway.reports.at(-1)).toMatchObject({ outcome: 'repeat' })
  })

  it('with a duplicate turn under another id is stored in a commit with the records it was read from', async () => {
    const { sign, send, commits } = await setUp()
    const first = await send(sign(undefined))
    commits.length = 0
    expect(await send(sign(undefined))).toEqual(first)
    const [commit] = commits
    expect(commit?.changes.map(({ name, write }) => `${name.split(':', 1)[0]} ${write.kind}`)).toEqual([
      'session keep',
      'subscriber keep',
      'delivery put',
    ])
    expect(commit?.changes.slice(0, 2).every(({ expectedVersion: version }) => version !== undefined)).toBe(
      true,
    )
  })

  it("is rejected when its time is too far from the store's", async () => {
    const { sign, send, elapse, gateway } = await setUp()
    const callback = sign(undefined)
    elapse(SIGNATURE_TOLERANCE_MS + 1)
    expect(await send(callback)).toEqual({ text: systemMessages.expired.en, waits: false })
    expect(gateway.reports.at(-1)).toMatchObject({ outcome: 'signature-expired' })
    elapse(-2 * SIGNATURE_TOLERANCE_MS - 2)
    await send(callback)
    expect(gateway.reports.at(-1)).toMatchObject({ outcome: 'signature-expired' })
  })

  it('that ends a dialogue does not end a later one when replayed', async () => {
    const { sign, send, elapse, gateway } = await setUp()
    await send(sign(undefined))
    const { sessionId, signed } = sign('')
    const ended = { dialect: 'test', sessionId, msisdn, why: 'cancelled', signed } as const
    await gateway.gateway.end(ended as Parameters<typeof gateway.gateway.end>[0])
    elapse(4000)
    await send(sign(undefined))
    await gateway.gateway.end(ended as Parameters<typeof gateway.gateway.end>[0])
    elapse(4000)
    expect((await send(sign('1'))).text).toMatch(/^Enter the PUK1/)
  })
})
