/** Mistakes in a project that a loader of TypeScript does not see, because it does not check types. */
import { describe, expect, it } from '@jest/globals'
import { setup } from 'xstate'
import shippedProject from '../menus/index.ts'
import type { Dialogue, Reply } from '../src/engine/authoring.ts'
import { shippedLanguages, systemMessages } from '../src/gateway/system-messages.ts'
import { defineProject } from '../src/project.ts'
import { measure } from '../src/ussd/message.ts'

const machine = setup({ types: { input: {} as Dialogue, events: {} as Reply } }).createMachine({
  initial: 'menu',
  states: { menu: { on: { 0: 'bye' } }, bye: { type: 'final' } },
})
const screens = { menu: { en: 'Menu\n0 Exit', sw: 'Menyu\n0 Toka' }, bye: { en: 'Bye', sw: 'Kwaheri' } }
const codes = { '*384#': { machine, screens } }

/** Defines a project as JavaScript does, and returns the message of the error. */
function refusalOf(project: object): string {
  try {
    defineProject(project as never)
  } catch (error) {
    return String(error)
  }
  throw new Error('The project was accepted.')
}

describe('defineProject', () => {
  it('names every problem at once', () => {
    const refusal = refusalOf({
      languages: ['en', 'sw', 'EN_us', 'en'],
      codes: {
        '*384#': { machine, screens: { ...screens, bye: { en: 'Bye' } } },
        '384': { machine, screens },
        '*385#': { screens },
      },
      latin: true,
      messages: { fr: {}, en: { welcome: 'Hello' } },
    })
    expect(refusal.split('\n').slice(1)).toEqual([
      "  languages: 'EN_us' is not a BCP 47 tag, such as en",
      "  languages: 'en' is named twice",
      '  latin: only Russian and Belarusian texts have a Latin form; remove it',
      expect.stringContaining("  codes: '384' is not a code; use *141#"),
      '  384 menu/EN_us: has no text',
      '  384 bye/EN_us: has no text',
      ...['menu', 'bye'].flatMap((state) => [
        ...(state === 'bye' ? ['  *384# bye/sw: has no text'] : []),
        `  *384# ${state}/EN_us: has no text`,
      ]),
      '  *385#: export a machine of setup().createMachine() and its screens',
      "  messages: 'fr' is not a language of the project",
      expect.stringContaining("  messages.en: there is no message 'welcome'; use one of notUnderstood, "),
      ...Object.keys(systemMessages).map(
        (name) => `  messages.EN_us: '${name}' is missing, and no message ships in this language`,
      ),
    ])
  })

  it('has a screen for every state that is shown, and no other', () => {
    const { bye, ...withoutBye } = screens
    const refusal = refusalOf({
      languages: ['en', 'sw'],
      codes: { '*384#': { machine, screens: { ...withoutBye, by: bye } } },
    })
    expect(refusal.split('\n').slice(1)).toEqual([
      '  *384# bye: has no screen',
      '  *384# by: is a screen of no state; use one of menu, bye',
    ])
  })

  it('has demo records of its own numbers and languages', () => {
    const refusal = refusalOf({
      languages: ['en', 'sw'],
      codes,
      numbering: { countries: ['KE'] },
      demo: { '+254712345678': { language: 'en' }, '+375291234567': {}, '0712345678': { language: 'fr' } },
    })
    expect(refusal.split('\n').slice(1)).toEqual([
      "  demo: '+375291234567' must be a mobile number of Kenya, in E.164 with +",
      "  demo: '0712345678' must be a mobile number of Kenya, in E.164 with +",
      "  demo: '0712345678' language must be one of en, sw",
    ])
  })

  it('needs a language', () => {
    expect(refusalOf({ languages: [], codes })).toContain('languages: name at least one, such as en')
  })

  it('uses the messages that ship, and those of the project before them', () => {
    const { messages } = defineProject({
      languages: ['en', 'sw'],
      codes,
      messages: { sw: { notServed: 'Hapana' } },
    })
    expect(messages.notServed).toEqual({ en: systemMessages.notServed.en, sw: 'Hapana' })
    expect(messages.busy).toEqual({ en: systemMessages.busy.en, sw: systemMessages.busy.sw })
  })

  it('has no Latin form unless the project says so', () => {
    expect(defineProject({ languages: ['en', 'sw'], codes }).latin).toBe(false)
    expect(shippedProject.latin).toBe(true)
  })
})

describe('the system messages', () => {
  it.each(shippedLanguages)('fit one message in %s, normalised and without a full stop', (language) => {
    for (const texts of Object.values(systemMessages)) {
      const text = texts[language]
      expect(measure(text)).toMatchObject({ fits: true })
      expect(text).toBe(text.normalize('NFC'))
      expect(text).not.toMatch(/\.$|^\s|\s$/)
    }
  })
})
