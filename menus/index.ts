import { defineProject } from '../src/index.ts'
import * as access from './access.ts'
import { demoSubscribers } from './demo.ts'
import { languages } from './languages.ts'
import * as password from './password.ts'
import { createRoutes } from './http/index.ts'
import { record } from './record.ts'
import { createServices } from './services/index.ts'

/** The menu of each dialled code. The longest code that starts the dialled string wins; the rest answers the first screens. */
export const menus = {
  '*141*0#': password,
  '*141*3*6#': access,
}

/** Self-care of the operator. */
export default defineProject({
  languages,
  codes: menus,
  record,
  services: createServices,
  routes: createRoutes,
  models: () => import('./models.ts'),
  demo: demoSubscribers,
  latin: true,
  timeZone: 'Europe/Minsk',
  currency: 'BYN',
  numbering: { countries: ['BY'] },
  subscribers: 'registered',
  messages: {
    ru: { notServed: 'Ваш номер не обслуживается. Контакт-центр: 150' },
    be: { notServed: 'Ваш нумар не абслугоўваецца. Кантакт-цэнтр: 150' },
    en: { notServed: 'Your number is not served here. Contact centre: 150' },
  },
})
