import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createTargetCheck, isTargetPrefix, parseTarget } from '../../src/simulator/targets.ts'

const isAllowed = createTargetCheck(['http://shop.example/app'])
/** Checks a path both ways: parsed as a target first, and as a plain URL. */
const allows = (path: string) => {
  const address = `http://shop.example/app/${path}`
  const target = parseTarget(address)
  return (target !== undefined && isAllowed(target)) || isAllowed(new URL(address))
}

const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** Encodes each character of a text several times: `.`, `%2e`, `%252e`. */
const encoded = (text: string, depths: readonly number[]) =>
  Array.from(text)
    .map((character, at) => {
      let form = character
      for (let depth = 0; depth < (depths[at % depths.length] ?? 0); depth++)
        form = depth === 0 ? percent(form) : form.replaceAll('%', '%25')
      return form
    })
    .join('')

/** Returns the path as seen by a server that decodes repeatedly and supports path parameters and backslashes. */
function readByServer(path: string): string {
  let text = path
  for (;;) {
    let next = text
    try {
      next = decodeURIComponent(text)
    } catch {
      break
    }
    if (next === text) break
    text = next
  }
  const segments: string[] = []
  for (const part of text.normalize('NFKC').replace(/\0.*$/s, '').split(/[/\\]/)) {
    const name = part.replace(/;.*$/s, '').trim()
    if (/^\.\.[.\s]*$/.test(name)) segments.pop()
    else if (name !== '.' && name !== '') segments.push(name)
  }
  return `/${segments.join('/')}/`
}

describe('a path that servers may interpret differently', () => {
  it.each([
    '..;/secret',
    '..;x=1/secret',
    '.;/x',
    '%252e%252e/secret',
    '%25252e%25252e/secret',
    '..%00/secret',
    '%00',
    'x%2500',
    '..%2fsecret',
    '..%252fsecret',
    '..%5csecret',
    '..%255csecret',
    'x%2fy',
    '%2e%2e%3b/secret',
    '%c0%ae%c0%ae/secret',
    '%u002e%u002e/secret',
    '%ef%bc%8e%ef%bc%8e/secret',
    '%e2%80%a5/secret',
    '..%ef%bc%8fsecret',
    '..%20/secret',
    '.../secret',
    '..%09/secret',
    'x%0d%0ay',
    '100%',
    '100%25',
  ])('is rejected: /app/%s', (path) => {
    expect(allows(path)).toBe(false)
    expect(isTargetPrefix(`http://shop.example/app/${path}`)).toBe(false)
  })

  it.each(['shop', 'a.b', '.well-known/ussd', 'x..y', 'caf%c3%a9', 'a%20b', 'a;v=1/b', 'shop?next=..;/x'])(
    'is distinct from an ordinary path: /app/%s',
    (path) => {
      expect(allows(path)).toBe(true)
    },
  )

  const depth = fc.integer({ min: 0, max: 4 })
  const depths = fc.array(depth, { minLength: 1, maxLength: 8 })

  it('is rejected however often it is encoded', () => {
    const climb = fc.constantFrom(
      '..;',
      '..;a',
      '..\0',
      '../x',
      '..\\x',
      '. ',
      '.;',
      'a/b',
      'a\\b',
      'a\0b',
      '\r\n',
    )
    fc.assert(
      fc.property(climb, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (text, several) => {
        expect(allows(encoded(text, several))).toBe(false)
      }),
    )
  })

  it('is rejected, or stays below the target for the most lenient server', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '.',
        '..',
        '/',
        '\\',
        ';',
        '%',
        '\0',
        ' ',
        '．',
        '／',
        '＼',
        '‥',
        '%2e',
        '%2f',
        'a',
        'b',
      ),
      fc.string({ maxLength: 2 }),
    )
    const path = fc
      .tuple(fc.array(piece, { maxLength: 10 }), depths)
      .map(([pieces, several]) => encoded(pieces.join(''), several))
    fc.assert(
      fc.property(path, (text) => {
        const address = `http://shop.example/app/${text}`
        const target = parseTarget(address)
        if (!target || !isAllowed(target)) return
        expect(readByServer(target.pathname).startsWith('/app/')).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })
})
