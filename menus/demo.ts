import type { PlainPatch } from './record.ts'

/** Subscribers to try the menus with. Their PUK1 codes are public: they protect nothing. */
export const demoSubscribers: Readonly<Record<string, PlainPatch>> = {
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
