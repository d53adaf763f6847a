import { afterAll, describe, expect, it } from '@jest/globals'
import { screens as accessScreens } from '../../menus/access.ts'
import { screens } from '../../menus/password.ts'
import { languages } from '../../menus/languages.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'
import { assemble } from '../support/gateway.ts'
import { plain, subscriberOf } from '../support/phone.ts'

const store = createMemoryStore()
const gateway = assemble(store)
afterAll(() => store.close())

const CODE = '*141*0#'
const GOOD = '80291'
const OTHER = '740385'

describe('*141*0#', () => {
  it('asks for a new password, asks to repeat it, and saves it', async () => {
    const anna = await subscriberOf(gateway)
    const phone = anna.begin(CODE)
    expect(await phone.dial()).toEqual({
      screen: 'password',
      text: screens.password.en,
      waits: true,
      understood: true,
    })
    expect(await phone.type(GOOD)).toMatchObject({
      screen: 'repeatPassword',
      text: screens.repeatPassword.en,
      waits: true,
    })
    expect(await phone.type(GOOD)).toMatchObject({ screen: 'saved', text: screens.saved.en, waits: false })
    expect(await anna.matches(GOOD)).toBe(true)
    expect(await anna.view()).toMatchObject({ hasPassword: true })
  })

  it('adds one journal entry when the password is saved', async () => {
    const anna = await subscriberOf(gateway)
    await anna.talk(CODE, GOOD)
    expect(await anna.journal()).toEqual([])
    await anna.talk(CODE, GOOD, GOOD)
    expect(await anna.journal()).toEqual(['password-set'])
  })

  it('replaces the previous password', async () => {
    const anna = await subscriberOf(gateway, { password: OTHER })
    expect(await anna.talk(CODE, GOOD, GOOD)).toMatchObject({ screen: 'saved' })
    expect([await anna.matches(GOOD), await anna.matches(OTHER)]).toEqual([true, false])
  })

  it('keeps the previous password until the new one is repeated', async () => {
    const anna = await subscriberOf(gateway, { password: OTHER })
    expect(await anna.talk(CODE, GOOD)).toMatchObject({ screen: 'repeatPassword' })
    expect(await anna.matches(OTHER)).toBe(true)
  })

  it.each([
    ['the first screen', []],
    ['the screen that asks to repeat it', [GOOD]],
    ['the screen after a rejected password', ['8029']],
    ['the warning about a weak password', ['12345']],
    ['the screen after two that differ', [GOOD, OTHER]],
  ])('exits on 0 from %s without a change', async (_where, replies) => {
    const anna = await subscriberOf(gateway, { password: '90817' })
    expect(await anna.talk(CODE, ...replies, '0')).toMatchObject({
      screen: 'goodbye',
      text: screens.goodbye.en,
      waits: false,
    })
    expect([await anna.matches('90817'), await anna.journal()]).toEqual([true, ['password-set']])
  })
})

describe('a password', () => {
  it.each([
    ['five digits', '80291'],
    ['ten digits', '8029174635'],
    ['digits with blanks around them', ' 80291 '],
    ['digits that begin with 0', '08291'],
  ])('of %s is accepted', async (_what, password) => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, password, password)).toMatchObject({ screen: 'saved' })
    expect(await anna.matches(password.trim())).toBe(true)
  })

  it.each([
    ['four digits', '8029'],
    ['eleven digits', '80291746351'],
    ['one digit that is no choice', '7'],
    ['two zeros', '00'],
    ['letters', 'пароль'],
    ['letters and digits', '8029a'],
    ['digits with a blank inside', '802 91'],
    ['digits with a sign', '-80291'],
    ['digits and a star', '80*291'],
    ['digits of another script', '٨٠٢٩١'],
    ['full-width digits', '８０２９１'],
  ])('of %s is rejected with the reason', async (_what, password) => {
    const anna = await subscriberOf(gateway)
    const rejected = await anna.talk(CODE, password)
    expect(rejected).toEqual({
      screen: 'notPassword',
      text: screens.notPassword.en,
      waits: true,
      understood: true,
    })
    expect(await anna.talk(CODE, password, GOOD, GOOD)).toMatchObject({ screen: 'saved' })
  })

  it('of nothing is rejected where the dialect can express it', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '')).toMatchObject({ text: screens.password.en, waits: true })
    expect(await anna.talk(CODE, '1', '')).toMatchObject({ screen: 'notPassword', waits: true })
    expect(await anna.talk(CODE, '1', '', '  ')).toMatchObject({ screen: 'refused', waits: false })
  })

  it('repeated differently must be entered again from the start', async () => {
    const anna = await subscriberOf(gateway)
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type(GOOD)
    expect(await phone.type(OTHER)).toMatchObject({
      screen: 'different',
      text: screens.different.en,
      waits: true,
    })
    expect(await phone.type(OTHER)).toMatchObject({ screen: 'repeatPassword' })
    expect(await phone.type(OTHER)).toMatchObject({ screen: 'saved' })
    expect([await anna.matches(GOOD), await anna.matches(OTHER)]).toEqual([false, true])
  })

  it.each([['8029'], [''], ['letters'], ['802911']])('repeated as %j differs', async (repeated) => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, GOOD, repeated)).toMatchObject({ screen: 'different' })
  })

  it('repeated with blanks around it is the same', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, GOOD, ` ${GOOD} `)).toMatchObject({ screen: 'saved' })
  })

  it.each([
    ['that are malformed', ['1', '22', 'x']],
    ['that differ', [GOOD, OTHER, GOOD, OTHER, GOOD, OTHER]],
    ['of both kinds', ['1', GOOD, OTHER, '']],
  ])('cannot be entered after three rejections %s', async (_what, replies) => {
    const anna = await subscriberOf(gateway)
    const before = await anna.talk(CODE, ...replies.slice(0, -1))
    expect(before.waits).toBe(true)
    expect(await anna.talk(CODE, ...replies)).toMatchObject({
      screen: 'refused',
      text: screens.refused.en,
      waits: false,
    })
    expect(await anna.journal()).toEqual([])
  })

  it('is accepted after two rejections', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '1', GOOD, OTHER, GOOD, GOOD)).toMatchObject({ screen: 'saved' })
  })

  it('of another dialogue does not carry over', async () => {
    const anna = await subscriberOf(gateway)
    await anna.talk(CODE, GOOD)
    expect(await anna.talk(CODE, GOOD)).toMatchObject({ screen: 'repeatPassword' })
  })
})

const WEAK = [
  ['55555', 'repeated digits'],
  ['12345', 'digits in a row'],
  ['147258', 'a keypad pattern'],
  ['140788', 'a date'],
  ['123321', 'a common one'],
] as const

describe('a weak password', () => {
  it.each(WEAK)(
    '(%s) gets one warning with the kind, and is accepted when entered again',
    async (weak, kind) => {
      const anna = await subscriberOf(gateway)
      const phone = anna.begin(CODE)
      await phone.dial()
      const warning = await phone.type(weak)
      expect(warning).toMatchObject({ screen: 'weakPassword', waits: true })
      expect(warning.text).toContain(`: ${kind}.`)
      expect(await phone.type(weak)).toMatchObject({ screen: 'repeatPassword' })
      expect(await phone.type(weak)).toMatchObject({ screen: 'saved' })
      expect(await anna.matches(weak)).toBe(true)
    },
  )

  it("includes a part of the subscriber's number", async () => {
    const anna = await subscriberOf(gateway)
    const warning = await anna.talk(CODE, anna.msisdn.slice(-7))
    expect(warning.text).toContain('your own number')
  })

  it('does not include the current password: a warning would confirm a guess', async () => {
    const anna = await subscriberOf(gateway, { password: GOOD })
    expect(await anna.talk(CODE, GOOD)).toMatchObject({ screen: 'repeatPassword' })
  })

  it('does not include PUK1: a warning would confirm a guess', async () => {
    const anna = await subscriberOf(gateway, { puk1: '73519264' })
    expect(await anna.talk(CODE, '73519264')).toMatchObject({ screen: 'repeatPassword' })
  })

  it('does not replace the warning about another weak one', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '12345', '55555')).toMatchObject({ screen: 'weakPassword' })
    expect((await anna.talk(CODE, '12345', '55555')).text).toContain('repeated digits')
    expect(await anna.talk(CODE, '12345', '55555', '55555', '55555')).toMatchObject({ screen: 'saved' })
  })

  it('may be replaced by a better one', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '12345', GOOD, GOOD)).toMatchObject({ screen: 'saved' })
    expect(await anna.matches(GOOD)).toBe(true)
  })

  it('must be repeated like any other after the warning', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '12345', '12345', '54321')).toMatchObject({ screen: 'different' })
  })

  it('gets one warning in a dialogue, also when entries differ in between', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '12345', '12345', GOOD, '12345')).toMatchObject({ screen: 'repeatPassword' })
  })

  it('gets a warning again in the next dialogue', async () => {
    const anna = await subscriberOf(gateway)
    await anna.talk(CODE, '12345')
    expect(await anna.talk(CODE, '12345')).toMatchObject({ screen: 'weakPassword' })
  })

  it('does not count towards the three rejections at its first warning', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk(CODE, '12345', '1', '1')).toMatchObject({ screen: 'notPassword' })
    expect(await anna.talk(CODE, '12345', '1', '1', '1')).toMatchObject({ screen: 'refused' })
  })

  it('counts towards the three rejections after another weak one', async () => {
    const anna = await subscriberOf(gateway)
    const weak = ['12345', '55555', '147258']
    expect(await anna.talk(CODE, ...weak)).toMatchObject({ screen: 'weakPassword', waits: true })
    expect(await anna.talk(CODE, ...weak, '140788')).toMatchObject({ screen: 'refused', waits: false })
    expect(await anna.talk(CODE, '12345', '55555', '12345', '55555')).toMatchObject({ screen: 'refused' })
  })
})

describe('with weak passwords rejected', () => {
  const strict = assemble(store, { weakPasswords: 'reject' })

  it('rejects one with its kind every time', async () => {
    const anna = await subscriberOf(strict)
    const rejected = await anna.talk(CODE, '12345')
    expect(rejected).toMatchObject({ screen: 'tooWeak', waits: true })
    expect(rejected.text).toContain('digits in a row')
    expect(await anna.talk(CODE, '12345', '12345')).toMatchObject({ screen: 'tooWeak' })
    expect(await anna.talk(CODE, '12345', GOOD, GOOD)).toMatchObject({ screen: 'saved' })
  })

  it('ends the dialogue after three', async () => {
    const anna = await subscriberOf(strict)
    expect(await anna.talk(CODE, '12345', '55555', '12345')).toMatchObject({
      screen: 'refused',
      waits: false,
    })
    expect(await anna.talk(CODE, '12345', '1', '12345')).toMatchObject({ screen: 'refused', waits: false })
  })

  it('exits on 0', async () => {
    const anna = await subscriberOf(strict)
    expect(await anna.talk(CODE, '12345', '0')).toMatchObject({ screen: 'goodbye' })
  })
})

describe('with weak passwords allowed', () => {
  const lenient = assemble(store, { weakPasswords: 'allow' })

  it.each(WEAK.map(([weak]) => weak))('accepts %s like any other', async (weak) => {
    const anna = await subscriberOf(lenient)
    expect(await anna.talk(CODE, weak, weak)).toMatchObject({ screen: 'saved' })
  })

  it('still rejects a malformed one', async () => {
    const anna = await subscriberOf(lenient)
    expect(await anna.talk(CODE, '1234')).toMatchObject({ screen: 'notPassword' })
  })
})

describe('*141*0# while access is closed', () => {
  const closings = [
    ['closed-by-subscriber', 'accessClosed', /dial \*141\*3\*6#$/],
    ['closed-by-organisation', 'closedByOrganisation', /your organisation.*administrator$/],
    ['closed-by-operator', 'closedByOperator', /operator.*150/],
  ] as const

  it.each(closings)('(%s) says who can open it, and ends', async (access, screen, text) => {
    const anna = await subscriberOf(gateway, { access })
    const shown = await anna.talk(CODE)
    expect(shown).toEqual({ screen, text: screens[screen].en, waits: false, understood: true })
    expect(shown.text).toMatch(text)
  })

  it.each(closings)(
    '(%s) during the dialogue does not save the repeated password',
    async (access, screen, _text) => {
      const anna = await subscriberOf(gateway, { password: OTHER })
      const phone = anna.begin(CODE)
      await phone.dial()
      await phone.type(GOOD)
      await anna.change({ access })
      expect(await phone.type(GOOD)).toMatchObject({ screen, waits: false })
      expect([await anna.matches(OTHER), await anna.matches(GOOD)]).toEqual([true, false])
      expect(await anna.journal()).toEqual(['password-set', 'subscriber-changed'])
    },
  )

  it('uses the words of *141*3*6# where the subscriber cannot open it', () => {
    const { closedByOrganisation, closedByOperator } = accessScreens
    expect(screens).toMatchObject({ closedByOrganisation, closedByOperator })
  })
})

describe('arguments after *141*0#', () => {
  it('are never used as a password', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk('*141*0*80291#')).toEqual({
      screen: 'password',
      text: screens.password.en,
      waits: true,
      understood: true,
    })
    expect(await anna.talk('*141*0*80291*80291#')).toMatchObject({ screen: 'password', waits: true })
    expect(await anna.view()).toMatchObject({ hasPassword: false })
  })

  it('do not prevent entering the password', async () => {
    const anna = await subscriberOf(gateway)
    expect(await anna.talk('*141*0*80291#', GOOD, GOOD)).toMatchObject({ screen: 'saved' })
  })

  it('are ignored while access is closed', async () => {
    const anna = await subscriberOf(gateway, { access: 'closed-by-operator' })
    expect(await anna.talk('*141*0*80291#')).toMatchObject({
      screen: 'closedByOperator',
      waits: false,
      understood: true,
    })
  })
})

describe('*141*0# in every language', () => {
  it.each(languages)('(%s) shows the whole dialogue in it', async (language) => {
    const anna = await subscriberOf(gateway, { language })
    const phone = anna.begin(CODE)
    expect(await phone.dial()).toMatchObject({ text: screens.password[language] })
    expect(await phone.type('1')).toMatchObject({ text: screens.notPassword[language] })
    expect(await phone.type(GOOD)).toMatchObject({ text: screens.repeatPassword[language] })
    expect(await phone.type(GOOD)).toMatchObject({ text: screens.saved[language] })
  })

  it.each(['ru', 'be'] as const)('(%s) shows Latin letters after #141*0#', async (language) => {
    const anna = await subscriberOf(gateway, { language })
    const phone = anna.begin('#141*0#')
    expect(await phone.dial()).toMatchObject({
      text: transliterate(plain(screens.password[language]), language),
    })
    await phone.type(GOOD)
    const { text } = await phone.type(GOOD)
    expect(text).toBe(transliterate(plain(screens.saved[language]), language))
    expect(text).toMatch(/^[\x20-\x7e\n]+$/)
  })
})
