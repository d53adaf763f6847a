import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fieldsOf, onlyElement, parseXml, writeXml } from '../../../src/dialects/encoding/xml.ts'
import type { Element, Markup } from '../../../src/dialects/encoding/xml.ts'

function element(text: string): Element {
  const parsed = parseXml(text, 'a')
  if (parsed.kind === 'malformed') throw new Error(parsed.problem)
  return parsed.element
}

describe('an XML document', () => {
  it('is parsed into elements, attributes and text', () => {
    const text = '<?xml version="1.0" encoding="UTF-8" ?>\n<a b="1" c="">x<d>007</d><!-- no --><e/>y</a>\n'
    expect(element(text)).toEqual({
      name: 'a',
      attributes: { b: '1', c: '' },
      elements: [
        { name: 'd', attributes: {}, elements: [], text: '007' },
        { name: 'e', attributes: {}, elements: [], text: '' },
      ],
      text: 'xy',
    })
  })

  it('may have a byte order mark, prefixes, and any line ends', () => {
    expect(element('\ufeff<a/>').name).toBe('a')
    expect(element('<n:a xmlns:n="urn:x"><n:b>1</n:b></n:a>')).toMatchObject({
      name: 'a',
      elements: [{ name: 'b', text: '1' }],
    })
    expect(element('<a>1\r\n2\r3&#13;\u2028</a>').text).toBe('1\n2\n3\r\u2028')
  })

  it('may have the five entities of XML, numeric references and CDATA', () => {
    expect(
      element('<a b="&quot;&#10;&#x451;">&lt;&amp;&gt;&apos;&#1105;<![CDATA[<&amp;]]></a>'),
    ).toMatchObject({
      attributes: { b: '"\nё' },
      text: "<&>'ё<&amp;",
    })
  })

  it('has spaces in place of unescaped line breaks in attributes', () => {
    expect(element('<a b="1\n2\t3"/>').attributes).toEqual({ b: '1 2 3' })
  })

  it.each([
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['<!doctype html><a/>'],
    ['<a><!ENTITY b "c"></a>'],
    ['<a><![CDATA[<!DOCTYPE]]></a>'],
  ])('is rejected before parsing if it has a document type: %s', (text) => {
    expect(parseXml(text, 'a')).toEqual({ kind: 'malformed', problem: 'must not have a document type' })
  })

  it.each([
    '',
    'x',
    '{"a":1}',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a/>x',
    'x<a/>',
    '\n<?xml version="1.0"?><a/>',
    '<a b=1/>',
    '<a b/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    '<a>&nbsp;</a>',
    '<a>&b;</a>',
    '<a>&constructor;</a>',
    '<a>&#0;</a>',
    '<a>&#1;</a>',
    '<a>\u0001</a>',
    '<a b="&#0;"/>',
    '<a>&#xD800;</a>',
    '<a>\ud800</a>',
    '<a>\ufffd</a>',
    '<n:a/>',
  ])('is rejected if it is not well-formed: %j', (text) => {
    expect(parseXml(text, 'a')).toEqual({ kind: 'malformed', problem: 'must be well-formed XML' })
  })

  it('is rejected if its root has another name; case is ignored', () => {
    expect(parseXml('<b/>', 'a')).toEqual({ kind: 'malformed', problem: 'must be a a element' })
    expect(parseXml('<A/>', 'a')).toMatchObject({ kind: 'element' })
  })

  it('is rejected if it exceeds the limits of length, markup and depth', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(parseXml(nested(8), 'a')).toMatchObject({ kind: 'element' })
    expect(parseXml(nested(9), 'a')).toEqual({
      kind: 'malformed',
      problem: 'has too deeply nested elements',
    })
    expect(parseXml(`<a>${'1'.repeat(16_377)}</a>`, 'a')).toMatchObject({ kind: 'element' })
    expect(parseXml(`<a>${'1'.repeat(16_378)}</a>`, 'a')).toEqual({
      kind: 'malformed',
      problem: 'is too long',
    })
  })

  it('gives an element or a problem for any input, and pollutes no prototype', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<a>',
        '</a>',
        '<b/>',
        '<__proto__>1</__proto__>',
        ' __proto__="1"',
        '&amp;',
        '&#',
        '<![CDATA[',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const parsed = parseXml(pieces.join(''), 'a')
        if (parsed.kind === 'element') fieldsOf(parsed.element)
        expect(Object.keys(Object.prototype)).toEqual([])
        expect(({} as Record<string, unknown>)['text']).toBeUndefined()
      }),
    )
  })
})

describe('the fields of an element', () => {
  it('are the child elements by lower-case name; repeated ones give an array', () => {
    const fields = fieldsOf(element('<a>no<B>1</B><c></c><b>2</b><d><e>3</e></d><C>4</C><b>5</b></a>'))
    expect(fields).toEqual({ b: ['1', '2', '5'], c: ['', '4'] })
  })

  it('may be named after object properties', () => {
    expect(
      Object.entries(fieldsOf(element('<a><__proto__>1</__proto__><toString>2</toString></a>'))),
    ).toEqual([
      ['__proto__', '1'],
      ['tostring', '2'],
    ])
  })

  it('are found in the only element of a name', () => {
    expect(onlyElement(element('<a><FreeFlow><b>1</b></FreeFlow></a>'), 'freeflow')?.elements).toHaveLength(1)
    expect(onlyElement(element('<a><b/><B/></a>'), 'b')).toBeUndefined()
    expect(onlyElement(element('<a/>'), 'b')).toBeUndefined()
  })
})

describe('a written document', () => {
  it('is escaped, with references for line breaks in attributes', () => {
    const markup: Markup = [
      'a',
      { b: '"1"\n<2>\t&\r', c: undefined },
      [
        ['d', {}, '"1"\n<2>\t&\r'],
        ['e', {}],
      ],
    ]
    expect(writeXml(markup)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<a b="&quot;1&quot;&#10;&lt;2&gt;&#9;&amp;&#13;">' +
        '<d>&quot;1&quot;\n&lt;2&gt;\t&amp;&#13;</d><e/></a>',
    )
  })

  it('has U+FFFD in place of characters that XML forbids', () => {
    expect(element(writeXml(['a', { b: '\0' }, '\f\ud800\uffff']))).toMatchObject({
      attributes: { b: '\ufffd' },
      text: '\ufffd\ufffd\ufffd',
    })
  })

  it('is parsed to the same content, whatever it contains', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({
        unit: fc.constantFrom('<', '>', '&', '"', "'", ']', '\n', '\r', '\t', ' ', '\u2028', '\u0085'),
      }),
    )
    fc.assert(
      fc.property(text, text, (attribute, content) => {
        const read = element(writeXml(['a', { b: attribute }, content]))
        expect(read).toMatchObject({ attributes: { b: attribute }, text: content })
      }),
    )
  })
})
