import type { SubscriberPatch } from './subscriber-input.ts'
import type { Subscribers } from './subscribers.ts'

/** Registers the missing demo subscribers. Existing records stay unchanged. */
export async function registerDemoSubscribers(
  subscribers: Subscribers,
  demo: Readonly<Record<string, SubscriberPatch>>,
): Promise<void> {
  for (const [msisdn, patch] of Object.entries(demo)) {
    if (!(await subscribers.get(msisdn))) await subscribers.put(msisdn, patch)
  }
}
