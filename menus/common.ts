/** The parts that both menus of self-care share. */

/** Screens of menus that a subscriber cannot use now. */
export const unavailableScreens = {
  closedByOrganisation: {
    ru: 'Доступ закрыт вашей организацией. Обратитесь к её администратору',
    be: 'Доступ закрыты вашай арганізацыяй. Звярніцеся да яе адміністратара',
    en: 'Access is closed by your organisation. Please ask its administrator',
  },
  closedByOperator: {
    ru: 'Доступ закрыт оператором. Позвоните по номеру 150 или зайдите в центр продаж',
    be: 'Доступ закрыты аператарам. Патэлефануйце на 150 ці зайдзіце ў цэнтр продажу',
    en: 'Access is closed by the operator. Please call 150 or visit a sales centre',
  },
  unavailable: {
    ru: 'Услуга временно недоступна. Пожалуйста, попробуйте позже',
    be: 'Паслуга часова недаступная. Калі ласка, паспрабуйце пазней',
    en: 'The service is unavailable now. Please try again later',
  },
}
