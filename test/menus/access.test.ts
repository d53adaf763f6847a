import { afterAll, describe, expect, it } from '@jest/globals'
import { screens } from '../../menus/access.ts'
import { languages } from '../../menus/languages.ts'
import { systemMessages } from '../../src/gateway/system-messages.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { transliterate } from '../../src/ussd/transliterate.ts'
import { assemble } from '../support/gateway.ts'
import { plain, subscriberOf } from '../support/phone.ts'

const store = createMemoryStore()
const gateway = assemble(store)
afterAll(() => store.close())

const CODE = '*141*3*6#'
const PUK1 = '73519264'
const WRONG = '11112222'
/** Not 8 digits. */
const MALFORMED = '1234567'

type Subscriber = Awaited<ReturnType<typeof subscriberOf>>

const open = (patch = {}) => subscriberOf(gateway, { puk1: PUK1, ...patch })
const closed = (patch = {}) => open({ access: 'closed-by-subscriber', ...patch })
const accessOf = async (subscriber: Subscriber) => (await subscriber.view())?.access
const attemptsLeftOf = async (subscriber: Subscriber) => (await subscriber.view())?.puk1AttemptsLeft

describe('*141*3*6# while access is open', () => {
  it('asks for confirmation and closes it', async () => {
    const anna = await open()
    const phone = anna.begin(CODE)
    expect(await phone.dial()).toEqual({
      screen: 'open',
      text: screens.open.en,
      waits: true,
      understood: true,
    })
    expect(await phone.type('1')).toMatchObject({
      screen: 'closeConfirmation',
      text: screens.closeConfirmation.en,
      waits: true,
    })
    expect(await accessOf(anna)).toBe('open')
    expect(await phone.type('2')).toMatchObject({
      screen: 'accessClosed',
      text: screens.accessClosed.en,
      waits: false,
    })
    expect([await accessOf(anna), await anna.journal()]).toEqual(['closed-by-subscriber', ['access-closed']])
  })

  it('does not accept the 1 that led to the confirmation', async () => {
    const anna = await open()
    const again = await anna.talk(CODE, '1', '1')
    expect(again).toEqual({
      screen: 'closeConfirmation',
      text: `${systemMessages.notUnderstood.en}\n${plain(screens.closeConfirmation.en)}`,
      waits: true,
      understood: false,
    })
    expect([await accessOf(anna), await anna.journal()]).toEqual(['open', []])
    expect(await anna.talk(CODE, '1', '1', '2')).toMatchObject({ screen: 'accessClosed' })
  })

  it.each([[[]], [['1']], [['1', '1']], [['x']]])('exits on 0 after %j without a change', async (replies) => {
    const anna = await open()
    expect(await anna.talk(CODE, ...replies, '0')).toMatchObject({
      screen: 'goodbye',
      text: screens.goodbye.en,
      waits: false,
    })
    expect([await accessOf(anna), await anna.journal()]).toEqual(['open', []])
  })

  it.each(['2', '9', '11', 'yes', '1 1', '*'])('rejects %s and shows the screen again', async (reply) => {
    const anna = await open()
    expect(await anna.talk(CODE, reply)).toEqual({
      screen: 'open',
      text: `${systemMessages.notUnderstood.en}\n${plain(screens.open.en)}`,
      waits: true,
      understood: false,
    })
  })

  it('shows who has closed it when another party did so before the confirmation', async () => {
    const anna = await open()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await anna.change({ access: 'closed-by-operator' })
    expect(await phone.type('2')).toMatchObject({ screen: 'closedByOperator', waits: false })
    expect([await accessOf(anna), await anna.journal()]).toEqual([
      'closed-by-operator',
      ['subscriber-changed'],
    ])
  })

  it('offers to open it when another dialogue closed it before the confirmation', async () => {
    const anna = await open()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await anna.talk(CODE, '1', '2')
    expect(await phone.type('2')).toMatchObject({ screen: 'closed', text: screens.closed.en, waits: true })
    expect(await anna.journal()).toEqual(['access-closed'])
  })
})

describe('*141*3*6# while the subscriber has closed access', () => {
  it('asks for PUK1 and opens it', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    expect(await phone.dial()).toEqual({
      screen: 'closed',
      text: screens.closed.en,
      waits: true,
      understood: true,
    })
    expect(await phone.type('1')).toMatchObject({ screen: 'puk1', text: screens.puk1.en, waits: true })
    expect(await phone.type(PUK1)).toMatchObject({
      screen: 'accessOpened',
      text: screens.accessOpened.en,
      waits: false,
    })
    expect([await accessOf(anna), await anna.journal()]).toEqual(['open', ['access-opened']])
  })

  it('opens what the previous dialogue closed', async () => {
    const anna = await open()
    await anna.talk(CODE, '1', '2')
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await anna.journal()).toEqual(['access-closed', 'access-opened'])
  })

  it.each([[[]], [['1']], [['1', MALFORMED]], [['1', WRONG]]])(
    'exits on 0 after %j and stays closed',
    async (replies) => {
      const anna = await closed()
      expect(await anna.talk(CODE, ...replies, '0')).toMatchObject({ screen: 'goodbye', waits: false })
      expect(await accessOf(anna)).toBe('closed-by-subscriber')
    },
  )

  it('keeps the password', async () => {
    const anna = await closed({ password: '80291' })
    await anna.talk(CODE, '1', PUK1)
    expect(await anna.matches('80291')).toBe(true)
  })

  it('rejects the PUK1 of another subscriber', async () => {
    await closed({ puk1: '99998888' })
    const anna = await closed()
    expect(await anna.talk(CODE, '1', '99998888')).toMatchObject({ screen: 'wrongPuk1' })
  })

  it('stays closed for a subscriber without a stored PUK1', async () => {
    const anna = await subscriberOf(gateway, { access: 'closed-by-subscriber' })
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'wrongPuk1' })
    expect(await attemptsLeftOf(anna)).toBe(9)
  })

  it('costs no attempt when the operator closes it in the meantime, and says whom to ask', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await anna.change({ access: 'closed-by-operator' })
    expect(await phone.type(WRONG)).toMatchObject({ screen: 'closedByOperator', waits: false })
    expect(await attemptsLeftOf(anna)).toBe(10)
  })

  it('costs no attempt when it is opened in the meantime, and continues', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await anna.change({ access: 'open' })
    expect(await phone.type(PUK1)).toMatchObject({ screen: 'open', waits: true })
    expect(await anna.journal()).toEqual(['subscriber-changed'])
  })
})

describe('a wrong PUK1', () => {
  it('costs one of ten attempts, and the third in a dialogue ends it', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    const first = await phone.type(WRONG)
    expect(first).toMatchObject({ screen: 'wrongPuk1', waits: true })
    expect(first.text).toContain('Attempts left: 9.')
    const second = await phone.type('33334444')
    expect(second).toMatchObject({ screen: 'wrongPuk1', waits: true })
    expect(second.text).toContain('Attempts left: 8.')
    const third = await phone.type('55556666')
    expect(third).toMatchObject({ screen: 'notOpened', waits: false })
    expect(third.text).toContain('attempts left: 7')
    expect([await attemptsLeftOf(anna), await accessOf(anna)]).toEqual([7, 'closed-by-subscriber'])
    expect(await anna.journal()).toEqual(['puk1-refused', 'puk1-refused', 'puk1-refused'])
  })

  it('costs an attempt also when the subscriber hangs up at once', async () => {
    const anna = await closed()
    await anna.talk(CODE, '1', WRONG)
    await anna.talk(CODE, '1', WRONG)
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 7.')
  })

  it('followed by the right one resets the attempts to ten', async () => {
    const anna = await closed()
    expect(await anna.talk(CODE, '1', WRONG, WRONG, PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await attemptsLeftOf(anna)).toBe(10)
    await anna.talk(CODE, '1', '2')
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 9.')
  })
})

describe('a malformed PUK1', () => {
  it.each([
    ['seven digits', '7351926'],
    ['nine digits', '735192640'],
    ['letters', 'abcdefgh'],
    ['digits with a blank inside', '7351 9264'],
    ['digits of another script', '٧٣٥١٩٢٦٤'],
    ['full-width digits', '７３５１９２６４'],
    ['digits and a star', '7351*9264'],
    ['one digit', '1'],
    ['nothing', ''],
  ])('(%s) is asked for again and is no guess', async (_what, entry) => {
    const anna = await closed()
    expect(await anna.talk(CODE, '1', entry)).toEqual({
      screen: 'notPuk1',
      text: screens.notPuk1.en,
      waits: true,
      understood: true,
    })
    expect([await attemptsLeftOf(anna), await anna.journal()]).toEqual([10, []])
    expect(await anna.talk(CODE, '1', entry, PUK1)).toMatchObject({ screen: 'accessOpened' })
  })

  it('does not include a PUK1 with blanks around it', async () => {
    const anna = await closed()
    expect(await anna.talk(CODE, '1', ` ${PUK1} `)).toMatchObject({ screen: 'accessOpened' })
  })

  it.each([
    ['three of them', [MALFORMED, MALFORMED, MALFORMED], 10],
    ['two of them and a wrong PUK1', [MALFORMED, MALFORMED, WRONG], 9],
    ['one of them between wrong ones', [WRONG, MALFORMED, WRONG], 8],
    ['one of them after two wrong ones', [WRONG, WRONG, MALFORMED], 8],
  ])('counts towards the three of a dialogue: %s end it', async (_what, entries, attemptsLeft) => {
    const anna = await closed()
    expect(await anna.talk(CODE, '1', ...entries.slice(0, 2))).toMatchObject({ waits: true })
    const last = await closed()
    const end = await last.talk(CODE, '1', ...entries)
    expect(end).toMatchObject({ screen: 'notOpened', waits: false })
    expect(end.text).toContain(`attempts left: ${attemptsLeft}`)
    expect(await attemptsLeftOf(last)).toBe(attemptsLeft)
  })

  it('counts towards the three also when access changes in between', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await phone.type(MALFORMED)
    await phone.type(MALFORMED)
    await anna.change({ access: 'open' })
    expect(await phone.type(PUK1)).toMatchObject({ screen: 'open' })
    await anna.change({ access: 'closed-by-subscriber' })
    await phone.type('1')
    expect(await phone.type('2')).toMatchObject({ screen: 'closed' })
    await phone.type('1')
    expect(await phone.type(MALFORMED)).toMatchObject({ screen: 'notOpened', waits: false })
  })
})

describe('ten wrong PUK1 in a row', () => {
  const lock = async (anna: Subscriber) => {
    for (let dialogue = 0; dialogue < 3; dialogue++) await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    return anna.talk(CODE, '1', WRONG)
  }

  it('lock it across dialogues', async () => {
    const anna = await closed()
    expect(await lock(anna)).toMatchObject({
      screen: 'puk1Locked',
      text: screens.puk1Locked.en,
      waits: false,
    })
    expect(await anna.journal()).toEqual([...Array.from({ length: 9 }, () => 'puk1-refused'), 'puk1-locked'])
    expect(await anna.talk(CODE)).toMatchObject({ screen: 'closed' })
    expect(await anna.talk(CODE, '1')).toMatchObject({ screen: 'puk1Locked', waits: false })
    expect([await accessOf(anna), await attemptsLeftOf(anna)]).toEqual(['closed-by-subscriber', 0])
  })

  it('lock it also for a dialogue that already asks for it', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await lock(anna)
    expect(await phone.type(PUK1)).toMatchObject({ screen: 'puk1Locked', waits: false })
    expect(await accessOf(anna)).toBe('closed-by-subscriber')
    expect((await anna.journal()).at(-1)).toBe('puk1-locked')
  })

  it('are cleared by a reset of the operator', async () => {
    const anna = await closed()
    await lock(anna)
    await anna.change({ puk1AttemptsLeft: 10 })
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await attemptsLeftOf(anna)).toBe(10)
  })

  it('must be in a row: a right one in between resets the count', async () => {
    const anna = await closed()
    for (let dialogue = 0; dialogue < 3; dialogue++) await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    expect(await attemptsLeftOf(anna)).toBe(1)
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    await anna.talk(CODE, '1', '2')
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 9.')
  })

  it('show the lock rather than the end after three mistakes', async () => {
    const anna = await closed()
    await anna.talk(CODE, '1', WRONG)
    await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    expect(await anna.talk(CODE, '1', WRONG, WRONG, WRONG)).toMatchObject({ screen: 'puk1Locked' })
  })

  it('do not prevent closing access', async () => {
    const anna = await closed()
    await lock(anna)
    await anna.change({ access: 'open' })
    expect(await anna.talk(CODE, '1', '2')).toMatchObject({ screen: 'accessClosed' })
  })
})

describe('*141*3*6# while another party has closed access', () => {
  it.each([
    [
      'the organisation',
      'closed-by-organisation',
      'closedByOrganisation',
      /your organisation.*administrator/,
    ],
    ['the operator', 'closed-by-operator', 'closedByOperator', /operator.*150/],
  ] as const)('(%s) says whom to ask, and ends', async (_who, access, screen, text) => {
    const anna = await open({ access })
    const shown = await anna.talk(CODE)
    expect(shown).toEqual({ screen, text: screens[screen].en, waits: false, understood: true })
    expect(shown.text).toMatch(text)
    expect(await anna.talk(CODE.replace('#', '*1#'))).toMatchObject({ screen, waits: false })
    expect(await accessOf(anna)).toBe(access)
  })
})

describe('arguments after *141*3*6#', () => {
  it('answer the first screen', async () => {
    expect(await (await open()).talk('*141*3*6*1#')).toMatchObject({
      screen: 'closeConfirmation',
      waits: true,
      understood: true,
    })
    expect(await (await closed()).talk('*141*3*6*1#')).toMatchObject({
      screen: 'puk1',
      waits: true,
      understood: true,
    })
    expect(await (await open()).talk('*141*3*6*0#')).toMatchObject({ screen: 'goodbye', waits: false })
  })

  it('never confirm', async () => {
    const anna = await open()
    expect(await anna.talk('*141*3*6*1*2#')).toEqual({
      screen: 'closeConfirmation',
      text: screens.closeConfirmation.en,
      waits: true,
      understood: true,
    })
    expect([await accessOf(anna), await anna.journal()]).toEqual(['open', []])
    expect(await anna.talk('*141*3*6*1*2#', '2')).toMatchObject({ screen: 'accessClosed' })
  })

  it('are never used as PUK1', async () => {
    const anna = await closed()
    expect(await anna.talk(`*141*3*6*1*${PUK1}#`)).toMatchObject({
      screen: 'puk1',
      waits: true,
      understood: true,
    })
    expect(await anna.talk(`*141*3*6*1*${WRONG}#`)).toMatchObject({ screen: 'puk1' })
    expect([await accessOf(anna), await attemptsLeftOf(anna)]).toEqual(['closed-by-subscriber', 10])
  })

  it.each(['*141*3*6*9#', '*141*3*6*#', '*141*3*6*2*1#', `*141*3*6*${PUK1}#`])(
    '(%s) that no transition accepts are not understood',
    async (dialled) => {
      const anna = await open()
      expect(await anna.talk(dialled)).toEqual({
        screen: 'open',
        text: `${systemMessages.notUnderstood.en}\n${plain(screens.open.en)}`,
        waits: true,
        understood: false,
      })
      expect(await anna.talk(dialled, '1', '2')).toMatchObject({ screen: 'accessClosed' })
    },
  )
})

describe('*141*3*6# in every language', () => {
  it.each(languages)('(%s) shows the whole dialogue in it', async (language) => {
    const anna = await open({ language })
    const phone = anna.begin(CODE)
    expect(await phone.dial()).toMatchObject({ text: screens.open[language] })
    expect(await phone.type('9')).toMatchObject({
      text: `${systemMessages.notUnderstood[language]}\n${plain(screens.open[language])}`,
    })
    expect(await phone.type('1')).toMatchObject({ text: screens.closeConfirmation[language] })
    expect(await phone.type('2')).toMatchObject({ text: screens.accessClosed[language] })
    expect(await anna.talk(CODE, '1')).toMatchObject({ text: screens.puk1[language] })
    expect((await anna.talk(CODE, '1', WRONG)).text).toMatch(/: 9\. .*\n0 /)
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ text: screens.accessOpened[language] })
  })

  it.each(['ru', 'be'] as const)('(%s) shows Latin letters after #141*3*6#', async (language) => {
    const anna = await open({ language })
    const phone = anna.begin('#141*3*6#')
    const latin = (text: string) => transliterate(text, language)
    expect(await phone.dial()).toMatchObject({ text: latin(plain(screens.open[language])) })
    expect(await phone.type('9')).toMatchObject({
      text: latin(`${systemMessages.notUnderstood[language]}\n${plain(screens.open[language])}`),
    })
    await phone.type('1')
    const { text } = await phone.type('2')
    expect(text).toBe(latin(plain(screens.accessClosed[language])))
    expect(text).toMatch(/^[\x20-\x7e\n]+$/)
    expect(text).toContain('*141*3*6#')
  })

  it('(en) shows the same after #141*3*6#', async () => {
    expect(await (await open()).talk('#141*3*6#')).toMatchObject({ text: screens.open.en })
  })
})
