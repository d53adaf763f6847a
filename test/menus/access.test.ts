import { afterAll, describe, expect, it } from '@jest/globals'
import { screens } from '../../menus/access.ts'
import { languages } from '../../src/engine/authoring.ts'
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
  it('says so, asks to confirm, and closes it', async () => {
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

  it('does not take the 1 that led to the confirmation for a yes', async () => {
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

  it.each([[[]], [['1']], [['1', '1']], [['x']]])(
    'is left by 0 after %j, and changes nothing',
    async (replies) => {
      const anna = await open()
      expect(await anna.talk(CODE, ...replies, '0')).toMatchObject({
        screen: 'goodbye',
        text: screens.goodbye.en,
        waits: false,
      })
      expect([await accessOf(anna), await anna.journal()]).toEqual(['open', []])
    },
  )

  it.each(['2', '9', '11', 'yes', '1 1', '*'])(
    'does not understand %s, and shows the screen again',
    async (reply) => {
      const anna = await open()
      expect(await anna.talk(CODE, reply)).toEqual({
        screen: 'open',
        text: `${systemMessages.notUnderstood.en}\n${plain(screens.open.en)}`,
        waits: true,
        understood: false,
      })
    },
  )

  it('says that it is closed already when somebody else closed it before the confirmation', async () => {
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

  it('offers to open it when the subscriber closed it in another dialogue before the confirmation', async () => {
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
  it('says so, asks for PUK1, and opens it', async () => {
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

  it('opens what was closed in the dialogue before', async () => {
    const anna = await open()
    await anna.talk(CODE, '1', '2')
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await anna.journal()).toEqual(['access-closed', 'access-opened'])
  })

  it.each([[[]], [['1']], [['1', MALFORMED]], [['1', WRONG]]])(
    'is left by 0 after %j, and stays closed',
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

  it('takes PUK1 of no other subscriber', async () => {
    await closed({ puk1: '99998888' })
    const anna = await closed()
    expect(await anna.talk(CODE, '1', '99998888')).toMatchObject({ screen: 'wrongPuk1' })
  })

  it('opens for nobody whose PUK1 is not known', async () => {
    const anna = await subscriberOf(gateway, { access: 'closed-by-subscriber' })
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'wrongPuk1' })
    expect(await attemptsLeftOf(anna)).toBe(9)
  })

  it('makes no guess when the operator has closed it in the meantime, and says whom to ask', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await anna.change({ access: 'closed-by-operator' })
    expect(await phone.type(WRONG)).toMatchObject({ screen: 'closedByOperator', waits: false })
    expect(await attemptsLeftOf(anna)).toBe(10)
  })

  it('makes no guess when it has been opened in the meantime, and goes on from there', async () => {
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
  it('costs one of the ten attempts, which are shown, and the third in a dialogue ends it', async () => {
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

  it('costs an attempt also when the phone is hung up at once', async () => {
    const anna = await closed()
    await anna.talk(CODE, '1', WRONG)
    await anna.talk(CODE, '1', WRONG)
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 7.')
  })

  it('is followed by the right one, which gives all ten attempts back', async () => {
    const anna = await closed()
    expect(await anna.talk(CODE, '1', WRONG, WRONG, PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await attemptsLeftOf(anna)).toBe(10)
    await anna.talk(CODE, '1', '2')
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 9.')
  })
})

describe('an entry that is no PUK1', () => {
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

  it('is PUK1 when only blanks stand around it', async () => {
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

  it('counts towards the three also when access moved in between', async () => {
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

  it('lock it over any number of dialogues: the tenth says so, and then nothing opens', async () => {
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

  it('refuse the right one too, in a dialogue that was asked for it before', async () => {
    const anna = await closed()
    const phone = anna.begin(CODE)
    await phone.dial()
    await phone.type('1')
    await lock(anna)
    expect(await phone.type(PUK1)).toMatchObject({ screen: 'puk1Locked', waits: false })
    expect(await accessOf(anna)).toBe('closed-by-subscriber')
    expect((await anna.journal()).at(-1)).toBe('puk1-locked')
  })

  it('are forgotten when the operator resets them', async () => {
    const anna = await closed()
    await lock(anna)
    await anna.change({ puk1AttemptsLeft: 10 })
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    expect(await attemptsLeftOf(anna)).toBe(10)
  })

  it('are ten in a row only: the right one in between begins a new row', async () => {
    const anna = await closed()
    for (let dialogue = 0; dialogue < 3; dialogue++) await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    expect(await attemptsLeftOf(anna)).toBe(1)
    expect(await anna.talk(CODE, '1', PUK1)).toMatchObject({ screen: 'accessOpened' })
    await anna.talk(CODE, '1', '2')
    expect((await anna.talk(CODE, '1', WRONG)).text).toContain('Attempts left: 9.')
  })

  it('say that it is locked rather than that three were wrong when both are so', async () => {
    const anna = await closed()
    await anna.talk(CODE, '1', WRONG)
    await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    await anna.talk(CODE, '1', WRONG, WRONG, WRONG)
    expect(await anna.talk(CODE, '1', WRONG, WRONG, WRONG)).toMatchObject({ screen: 'puk1Locked' })
  })

  it('do not keep access from being closed', async () => {
    const anna = await closed()
    await lock(anna)
    await anna.change({ access: 'open' })
    expect(await anna.talk(CODE, '1', '2')).toMatchObject({ screen: 'accessClosed' })
  })
})

describe('*141*3*6# while somebody else has closed access', () => {
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
    const told = await anna.talk(CODE)
    expect(told).toEqual({ screen, text: screens[screen].en, waits: false, understood: true })
    expect(told.text).toMatch(text)
    expect(await anna.talk(CODE.replace('#', '*1#'))).toMatchObject({ screen, waits: false })
    expect(await accessOf(anna)).toBe(access)
  })
})

describe('what is dialled behind *141*3*6#', () => {
  it('answers the first screen in advance', async () => {
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

  it('never confirms', async () => {
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

  it('is never taken as PUK1', async () => {
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
    '(%s) is told not to be understood where no transition takes it',
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

describe('in every language', () => {
  it.each(languages)('(%s) the whole way is shown in it', async (language) => {
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

  it.each(['ru', 'be'] as const)('(%s) #141*3*6# shows it in Latin letters to the end', async (language) => {
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

  it('(en) #141*3*6# shows what *141*3*6# shows', async () => {
    expect(await (await open()).talk('#141*3*6#')).toMatchObject({ text: screens.open.en })
  })
})
