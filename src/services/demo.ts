import { Secret } from '../engine/secret.ts'
import type { SubscriberPatch, Subscribers } from './subscribers.ts'

/** Subscribers to try the gateway with. Their PUK1 codes are public: they protect nothing. */
export const demoSubscribers: Readonly<
  Record<string, Omit<SubscriberPatch, 'puk1'> & { readonly puk1?: string }>
> = {
  '+375291234567': { language: 'ru', tariff: 'Комфорт', puk1: '12345678', access: 'open' },
  '+375291234568': { language: 'be', tariff: 'Комфорт', puk1: '23456789', access: 'closed-by-subscriber' },
  '+375291234569': { language: 'en', client: 'acme', puk1: '34567890', access: 'closed-by-organisation' },
  '+375441234567': {
    language: 'ru',
    puk1: '45678901',
    access: 'closed-by-operator',
    closedBecause: 'restricted',
  },
  '+375291234560': { language: 'ru', tariff: 'Видеонаблюдение', puk1: '56789012' },
  '+375291234563': { language: 'en', puk1: '67890123', access: 'open' },
  '+375291234561': { client: 'acme', role: 'administrator' },
  '+375291234562': { client: 'acme', role: 'subscriber' },
}

/** Registers the missing demo subscribers. Existing records stay unchanged. */
export async function registerDemoSubscribers(subscribers: Subscribers): Promise<void> {
  for (const [msisdn, { puk1, ...patch }] of Object.entries(demoSubscribers)) {
    if (await subscribers.get(msisdn)) continue
    await subscribers.put(msisdn, { ...patch, ...(puk1 !== undefined && { puk1: new Secret(puk1) }) })
  }
}
