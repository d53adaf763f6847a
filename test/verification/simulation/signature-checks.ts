import { SIGNATURE_TOLERANCE_MS } from '../../../src/gateway/ports.ts'
import type { Answer, Commit } from '../../../src/gateway/ports.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { isBusy, isUnavailable } from './client.ts'
import { nameOf } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import { BUDGET_MS } from './plan.ts'
import { parseSession } from '../../../src/gateway/records/session-format.ts'

/**
 * A delivery is remembered slightly longer than its signature is valid. The TTL is computed at the load and starts at the commit,
 * which may be a budget later.
 */
const REMEMBERED_MS = SIGNATURE_TOLERANCE_MS + 2000 + BUDGET_MS

/** Checks signed callbacks: each takes effect once, and never with an expired signature. */
export function createSignatureChecks({
  storeMs,
  violated,
}: {
  readonly storeMs: () => number
  readonly violated: (rule: string, detail: string) => void
}) {
  /** The committed answer for each signature id. */
  const answers = new Map<string, string>()

  return {
    written(by: Delivery, { changes }: Commit): void {
      const { signed } = by.callback
      const session = changes.find(({ name }) => name.startsWith('session:'))?.write
      const remembered = changes.find(({ name }) => name.startsWith('delivery:'))?.write
      if (!signed) return
      // A new signature for an answered turn is remembered with the answer from the receipt.
      if (session?.kind !== 'put' && remembered?.kind === 'put') {
        answers.set(signed.id, (JSON.parse(remembered.value) as Answer).text)
      }
      if (session?.kind !== 'put') return
      const what = nameOf(by)
      if (answers.has(signed.id)) violated('a signed callback acts once', `${what} was committed twice`)
      const readMs = by.readMs ?? 0
      if (Math.abs(readMs - signed.atMs) > SIGNATURE_TOLERANCE_MS)
        violated('an old signature does nothing', `${what}, ${readMs - signed.atMs} ms old`)
      answers.set(signed.id, parseSession(session.value).receipts.at(-1)?.text ?? '')
    },

    /** Returns `judged` when the answer needs no further checks against the dialogue. */
    answered(delivery: Delivery, answer: Answer): 'judged' | 'open' {
      const { signed } = delivery.callback
      if (!signed || isUnavailable(answer) || isBusy(answer)) return 'open'
      const ages = [storeMs(), delivery.arrivedStoreMs].map((ms) => Math.abs(ms - signed.atMs))
      const isExpired = answer.text === systemMessages.expired.en && !answer.waits
      const known = answers.get(signed.id)
      // The clock may jump during the turn.
      const leastMs = Math.min(...ages)
      if (leastMs > SIGNATURE_TOLERANCE_MS) {
        const isRemembered = known === answer.text && leastMs <= REMEMBERED_MS
        if (!isExpired && !isRemembered)
          violated('an old signature does nothing', `${nameOf(delivery)}: '${answer.text}'`)
        return 'judged'
      }
      if (isExpired && Math.max(...ages) > SIGNATURE_TOLERANCE_MS) return 'judged'
      if (known === answer.text) return 'judged'
      if (known === undefined || Math.max(...ages) > SIGNATURE_TOLERANCE_MS) return 'open'
      violated('a signed callback has one answer', `${nameOf(delivery)}: '${answer.text}', not '${known}'`)
      return 'judged'
    },
  }
}
