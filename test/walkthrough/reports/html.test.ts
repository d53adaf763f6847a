import { describe, expect, it } from '@jest/globals'
import { DOMParser, onWarningStopParsing } from '@xmldom/xmldom'
import type { Element } from '@xmldom/xmldom'
import fc from 'fast-check'
import { htmlOf } from '../../../src/walkthrough/reports/html.ts'
import { html, pageOf, trusted } from '../../../src/walkthrough/reports/markup.ts'
import { pageStyle } from '../../../src/walkthrough/reports/page-style.ts'
import type { WalkResult } from '../../../src/walkthrough/run/result.ts'
import {
  HOSTILE,
  networkTimeout,
  latinLetter,
  resultOf,
  results,
  resultWithText,
} from '../../support/walk-results.ts'
import {
  dial,
  differs,
  screenExpected,
  waitingScreen,
  stepResult,
  whole,
  wrongStatus,
} from '../../support/walk-results.ts'

const ranAt = new Date('2026-03-04T05:06:07.891Z')
const target = 'a gateway in this process'

/** The page is also valid XML, so a text that is not escaped makes the parser fail. */
const parse = (page: string) =>
  new DOMParser({ onError: onWarningStopParsing }).parseFromString(page, 'text/xml')
const pageWith = (...all: readonly WalkResult[]) => parse(htmlOf({ results: all, ranAt, target }))
type Parsed = ReturnType<typeof parse>

const elements = (page: Parsed | Element, name: string) => [...page.getElementsByTagName(name)]
const withClass = (page: Parsed | Element, name: string) =>
  elements(page, '*').filter((one) => (one.getAttribute('class') ?? '').split(' ').includes(name))
const textsOf = (all: readonly Element[]) =>
  all.map((one) => (one.textContent ?? '').replace(/\s+/g, ' ').trim())

describe('html', () => {
  it('escapes every interpolated text and attribute, except trusted markup', () => {
    const hostile = `<b a="1" c='2'>&amp;\u202e\u0000\ud800\n`
    const safe = '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;···\n'
    expect(pageOf(html`${hostile}`)).toBe(safe)
    expect(pageOf(html`<br title="${hostile}" />`)).toBe(`<br title="${safe}" />`)
    expect(pageOf(html`${[hostile, html`<i>${1}</i>`, undefined, false, trusted('<br />')]}`)).toBe(
      `${safe}<i>1</i><br />`,
    )
  })
})

describe('the HTML report', () => {
  it('shows counts, total time, dialects, target and start', () => {
    const page = parse(htmlOf({ results, ranAt, target }))
    expect(textsOf(elements(page, 'title'))).toEqual(['Walkthroughs: 3 passed, 4 failed'])
    expect(textsOf(withClass(page, 'tally'))).toEqual(['3 passed, 4 failed'])
    expect(
      textsOf(elements(page, 'dt')).map((name, at) => [name, textsOf(elements(page, 'dd'))[at]]),
    ).toEqual([
      ['Total time', '2.6 s'],
      ['Dialects', 'africastalking, hubtel'],
      ['Target', 'a gateway in this process'],
      ['Started', '4 March 2026 at 05:06 UTC'],
    ])
    expect(elements(page, 'html')[0]?.getAttribute('lang')).toBe('en')
  })

  it('lists failures first and open, then the rest closed', () => {
    const page = parse(htmlOf({ results, ranAt, target }))
    const titles = elements(page, 'details').map((one) => [
      one.hasAttribute('open'),
      textsOf(elements(one, 'h3'))[0],
    ])
    expect(titles).toEqual([
      [true, 'failed: Three wrong PUK1 end the dialogue'],
      [true, 'failed: Access is closed after a confirmation'],
      [true, 'failed: A session of the site ends with the access'],
      [true, 'failed: Access stays open without a confirmation'],
      [false, 'passed: A subscriber sets a password'],
      [false, 'passed: An administrator closes access while the subscriber looks at it'],
      [false, 'passed: The network ends a dialogue that is not answered in time'],
    ])
  })

  it('draws each screen with its lines, its size and the input before it', () => {
    const page = pageWith(latinLetter, networkTimeout)
    const [first, second] = withClass(page, 'step')
    expect(first && textsOf(elements(first, 'kbd'))).toEqual(['*141*3*6#'])
    expect(first && withClass(first, 'text')[0]?.textContent).toBe(
      'Доступ в личный кабинет закрыт\n1 Открыть по PUK1\n0 Выход',
    )
    expect(first && textsOf(withClass(first, 'caption'))).toEqual(['UCS-2, 112 of 160 octetswaiting'])
    expect(second && textsOf(withClass(second, 'done'))).toEqual(['answers 1'])
    expect(textsOf(withClass(page, 'problem'))).toEqual(['The network ended the dialogue after 180 s.'])
  })

  it('shows the expected and the actual screen with the first difference marked', () => {
    const page = pageWith(latinLetter)
    const side = (name: string) => withClass(page, name).find(({ tagName }) => tagName === 'section')
    const texts = ['expected', 'actual'].map((name) => {
      const section = side(name)
      return (
        section && [elements(section, 'mark')[0]?.textContent, withClass(section, 'text')[0]?.textContent]
      )
    })
    expect(texts).toEqual([
      ['е', 'Неверный PUK1. Осталось попыток: 9. Введите PUK1 ещё раз\n0 Выход'],
      ['e', 'Неверный PUK1. Осталось попыток: 9. Введите PUK1 eщё раз\n0 Выход'],
    ])
    expect(textsOf(withClass(page, 'where'))).toEqual([
      'line 1, column 50: expected “е” (U+0435), got “e” (U+0065)',
    ])
    expect(textsOf(elements(page, 'code'))).toEqual(['scripts/walkthroughs/access.yaml:14'])
    expect(textsOf(withClass(pageWith(wrongStatus), 'status'))).toEqual(['401', '200'])
  })

  it('marks an invisible character with a sign', () => {
    const marksOf = (expected: string, shown: string) => {
      const failure = differs(screenExpected(whole(expected)))
      const step = stepResult('subscriber', dial('*1#'), '☎ *1#', { seen: waitingScreen(shown), failure })
      return elements(pageWith(resultOf({ title: 'x', steps: [step] })), 'mark').map(
        (mark) => mark.textContent,
      )
    }
    expect(marksOf('a\nb', 'a \nb')).toEqual(['↵', '␣'])
    expect(marksOf('a', 'a\u200b')).toEqual(['the text ends here', '·'])
  })

  it('escapes any text', () => {
    const shape = (text: string) =>
      elements(pageWith(resultWithText(`a${text}z`)), '*').map(({ tagName }) => tagName)
    const expected = shape('')
    const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(HOSTILE))
    fc.assert(
      fc.property(anyText, (text) => expect(shape(text)).toEqual(expected)),
      { numRuns: 50 },
    )
    expect(expected).not.toContain('script')
    const readable = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(readable, (text) => {
        const [screen] = withClass(pageWith(resultWithText(`a${text}z`)), 'text')
        expect(screen?.textContent).toBe(`a${text}z`)
      }),
      { numRuns: 50 },
    )
    expect(htmlOf({ results: [resultWithText(HOSTILE)], ranAt, target: HOSTILE })).not.toMatch(
      /[\p{Bidi_Control}\p{Cs}]|(?!\n)\p{Cc}/u,
    )
  })

  it('allows only its own style and refers to no other resource', () => {
    const svg = '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'
    const coverage = [{ menu: '*141*0#', summary: '9 of 10 states', svg }]
    const page = parse(htmlOf({ results, ranAt, target, coverage }))
    expect(elements(page, 'meta')[1]?.getAttribute('content')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    )
    expect(textsOf(withClass(page, 'coverage'))).toEqual(['*141*0# 9 of 10 states'])
    expect(elements(page, 'svg').length).toBe(1)
    const referring = elements(page, '*').flatMap((one) =>
      ['src', 'href', 'srcset', 'data', 'action'].map((name) => one.getAttribute(name) ?? ''),
    )
    expect(referring.filter(Boolean)).toEqual(['data:,'])
    expect(pageStyle).not.toMatch(/url\(|@import|</)
  })

  it('has enough contrast in light and dark mode (WCAG 2.2, 1.4.3)', () => {
    const schemes = [...pageStyle.matchAll(/:root \{([^}]*--ground[^}]*--card[^}]*--ink[^}]*)\}/g)]
    const pairs = ['ink', 'soft', 'pass', 'fail'].flatMap((text) => [
      [text, 'ground'],
      [text, 'card'],
    ])
    pairs.push(['sheet-ink', 'sheet'], ['key', 'sheet'], ['soft', 'sheet'])
    pairs.push(['sheet-ink', 'pass-ground'], ['sheet-ink', 'fail-ground'])
    expect(schemes.length).toBe(2)
    for (const [, scheme = ''] of schemes) {
      const colours = Object.fromEntries(
        [...scheme.matchAll(/--([a-z-]+): #([0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
      )
      const low = pairs.filter(([text = '', on = '']) => contrast(colours[text], colours[on]) < 4.5)
      expect(low).toEqual([])
    }
  })
})

function contrast(one = '', other = ''): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
