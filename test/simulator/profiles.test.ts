import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { BACK, MORE, fit } from '../../src/simulator/screen-limits.ts'
import { parseProfile, profiles } from '../../src/simulator/profiles.ts'
import { measure } from '../../src/ussd/message.ts'
import type { Malformed } from '../../src/dialects/dialect.ts'

describe('a carrier profile', () => {
  it('is parsed by name, with overrides', () => {
    expect(parseProfile('airtel')).toEqual({ kind: 'ok', value: profiles.airtel })
    expect(
      parseProfile(
        ' a1 , answer=5s, idle=1.5s,dialogue=120s,screen=140,unit=characters,longer=cut,input=80,ends=off',
      ),
    ).toEqual({
      kind: 'ok',
      value: {
        ...profiles.a1,
        answerTimeoutMs: 5000,
        idleMs: 1500,
        dialogueMs: 120_000,
        screen: { max: 140, unit: 'characters', longer: 'cut' },
        input: { max: 80 },
        notifiesEnd: false,
      },
    })
    expect(profiles.a1.idleMs).toBe(60_000)
  })

  it.each([
    ['', /^Unknown profile. Choose one of: default, safaricom, airtel, mtn, a1\.$/],
    ['vodafone', /^Unknown profile/],
    ['toString', /^Unknown profile/],
    ['a1=7', /^Unknown profile/],
    ['a1,color=red', /^A profile accepts only answer, idle/],
    ['a1,idle=20', /out of range/],
    ['a1,idle=601s', /out of range/],
    ['a1,idle=', /out of range/],
    ['a1,screen=39', /out of range/],
    ['a1,screen=1e2', /out of range/],
    ['a1,unit=septets', /out of range/],
    ['a1,input=183', /out of range/],
    ['a1,ends=maybe', /out of range/],
  ])('%p is rejected with a message', (option, message) => {
    expect(parseProfile(option)).toEqual({
      kind: 'malformed',
      message: expect.stringMatching(message) as never,
    } satisfies Malformed)
  })
})

describe('a screen', () => {
  const octets = { max: 160, unit: 'octets', longer: 'fail' } as const
  const cyrillic = 'я'.repeat(81)

  it('is unchanged up to the limit', () => {
    for (const text of ['', 'x'.repeat(182), 'я'.repeat(80)])
      expect(fit(text, octets, true)).toEqual({ kind: 'pages', pages: [text] })
  })

  it('beyond the limit fails or is truncated, and its size is reported', () => {
    expect(fit(cyrillic, octets, true)).toEqual({
      kind: 'failed',
      problem: 'The screen takes 162 octets, the limit is 160. The network rejected it.',
    })
    expect(fit(cyrillic, { ...octets, longer: 'cut' }, true)).toEqual({
      kind: 'pages',
      pages: ['я'.repeat(80)],
      problem: 'The screen takes 162 octets, the limit is 160. The network truncated it.',
    })
    expect(fit('x'.repeat(161), { max: 160, unit: 'characters', longer: 'cut' }, true)).toEqual({
      kind: 'pages',
      pages: ['x'.repeat(160)],
      problem: 'The screen has 161 characters, the limit is 160. The network truncated it.',
    })
    // In any unit, one message takes at most 160 octets.
    expect(fit(cyrillic, { max: 184, unit: 'characters', longer: 'fail' }, true)).toMatchObject({
      problem: 'The screen takes 162 octets, the limit is 160. The network rejected it.',
    })
    // A surrogate pair is not split.
    expect(fit(`${'я'.repeat(79)}😀`, { ...octets, longer: 'cut' }, true)).toMatchObject({
      pages: ['я'.repeat(79)],
    })
  })

  it('is split into pages at line ends, with navigation', () => {
    const list = Array.from({ length: 30 }, (_, at) => `${at + 1} Item ${at + 1}`).join('\n')
    const fitted = fit(list, profiles.safaricom.screen, true)
    if (fitted.kind !== 'pages') throw new Error('no pages')
    const [first = '', second = ''] = fitted.pages
    expect(first).toMatch(/^1 Item 1\n.*\n\d+ Item \d+\n98:More$/s)
    expect(second).toMatch(/^\d+ Item \d+\n.*\n98:More\n00:Back$/s)
    expect(fitted.pages.at(-1)).toMatch(/^\d+ Item \d+\n(.*\n)?30 Item 30\n00:Back$/s)
  })

  it('splits any text into pages that fit, without loss', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 900, minLength: 100 }),
      fc.string({ unit: fc.constantFrom('я', ' ', '\n', 'x', '😀'), maxLength: 600, minLength: 50 }),
    )
    const max = fc.integer({ min: 40, max: 200 })
    fc.assert(
      fc.property(
        text,
        max,
        fc.constantFrom('octets', 'characters'),
        fc.boolean(),
        (said, at, unit, waits) => {
          const fitted = fit(said, { max: at, unit, longer: 'paginate' }, waits)
          if (fitted.kind !== 'pages') throw new Error(fitted.kind)
          if (fitted.pages.length === 1) return expect(fitted.pages).toEqual([said])
          for (const page of fitted.pages) {
            expect(measure(page).fits).toBe(true)
            const taken = unit === 'octets' ? measure(page).octets : Array.from(page).length
            expect(taken).toBeLessThanOrEqual(at)
          }
          const parts = fitted.pages.map((page) => page.replace(/(\n98:More)?(\n00:Back)?$/, ''))
          // A page break removes one blank or line end at most.
          const dense = (all: string) => all.replace(/[\n ]/g, '')
          expect(dense(parts.join(''))).toBe(dense(said))
        },
      ),
    )
    expect([MORE, BACK]).toEqual(['98', '00'])
  })
})
