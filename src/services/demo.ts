import { Secret } from '../engine/secret.ts'
import type { SubscriberPatch, Subscribers } from './subscribers.ts'

/** Records to try a project with, by MSISDN. Their secrets are public. */
export type DemoSubscribers = Readonly<
  Record<string, Omit<SubscriberPatch, 'puk1' | 'password'> & { readonly puk1?: string }>
>

/** Registers the missing demo subscribers. Existing records stay unchanged. */
export async function registerDemoSubscribers(
  subscribers: Subscribers,
  demo: DemoSubscribers,
): Promise<void> {
  for (const [msisdn, { puk1, ...patch }] of Object.entries(demo)) {
    if (await subscribers.get(msisdn)) continue
    await subscribers.put(msisdn, { ...patch, ...(puk1 !== undefined && { puk1: new Secret(puk1) }) })
  }
}
