/**
 * XML as aggregators write it: a small document of elements and attributes. A document type is refused before anything is
 * parsed, so that there is no entity but the five of XML 1.0 section 4.6 and numeric references, and nothing to fetch.
 */
import { DOMParser, onWarningStopParsing } from '@xmldom/xmldom'
import type { Element as DomElement } from '@xmldom/xmldom'

/** Values stay text: leading zeros mean something in a number dialled. */
export interface Element {
  /** Without a prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly elements: readonly Element[]
  /** Between its tags; that of elements inside it not counted. */
  readonly text: string
}

export type ParsedXml =
  | { readonly kind: 'element'; readonly element: Element }
  /** `problem` goes on from "the body" or "the answer", and quotes nothing. */
  | { readonly kind: 'malformed'; readonly problem: string }

/** UTF-16 units. The longest document of a dialect is far below it. */
const LONGEST = 16_384
/** Tags, comments and what else begins with `<`: a document of a dialect has some thirty. The parser is slow on many. */
const MOST_MARKUP = 256
/** Elements inside elements: no dialect goes below four. */
const DEEPEST = 8

/** XML 1.0 section 2.2: what else there is in Unicode stands in no document, not even as a reference. */
const foreign = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const parser = new DOMParser({
  // What it would forgive or complain of is refused.
  onError: onWarningStopParsing,
  locator: false,
  // XML 1.0 section 2.11; what it does by itself is of XML 1.1, and loses U+2028.
  normalizeLineEndings: (text) => text.replace(/\r\n?/g, '\n'),
})

/** @param name of the outermost element, in lower case; it is taken in any. Without it, whatever it is called */
export function parseXml(text: string, name?: string): ParsedXml {
  if (text.length > LONGEST) return malformed('is too long')
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return malformed('has a document type')
  if (text.split('<', MOST_MARKUP + 2).length > MOST_MARKUP + 1) return malformed('has too many elements')
  let root: DomElement | null
  try {
    root = parser.parseFromString(text.replace(/^\ufeff/, ''), 'text/xml').documentElement
  } catch {
    return malformed('is no well-formed XML')
  }
  if (!root) return malformed('is no well-formed XML')
  const read = readElement(root, 1)
  if (typeof read === 'string') return malformed(read)
  if (name !== undefined && read.name.toLowerCase() !== name) return malformed(`is no ${name}`)
  return { kind: 'element', element: read }
}

const malformed = (problem: string): ParsedXml => ({ kind: 'malformed', problem })

/** The element, or what is wrong with it. */
function readElement(from: DomElement, depth: number): Element | string {
  if (depth > DEEPEST) return 'has too many elements inside each other'
  const attributes = [...from.attributes].map(({ name, value }): [string, string] => [name, value])
  const elements: Element[] = []
  let text = ''
  for (const node of from.childNodes) {
    if (node.nodeType === node.ELEMENT_NODE) {
      const read = readElement(node as DomElement, depth + 1)
      if (typeof read === 'string') return read
      elements.push(read)
    } else if (node.nodeType === node.TEXT_NODE || node.nodeType === node.CDATA_SECTION_NODE) {
      text += node.nodeValue ?? ''
    }
  }
  if ([text, ...attributes.flat()].some((value) => value.search(foreign) >= 0)) return 'is no well-formed XML'
  return {
    name: from.localName ?? from.nodeName,
    attributes: Object.fromEntries(attributes),
    elements,
    text,
  }
}

/**
 * The elements inside one as the fields of a form: by their names in lower case, because deployments differ in it, those
 * given twice as an array. An element that has others inside it is no field.
 */
export function fieldsOf({ elements }: Element): Record<string, string | string[]> {
  const fields = new Map<string, string[]>()
  for (const { name, text, elements: inside } of elements) {
    if (inside.length > 0) continue
    const key = name.toLowerCase()
    fields.set(key, [...(fields.get(key) ?? []), text])
  }
  return Object.fromEntries([...fields].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]))
}

/** The one element of this name inside another, in whatever case; `undefined` where there is none, or more than one. */
export function onlyElement({ elements }: Element, name: string): Element | undefined {
  const [first, ...others] = elements.filter((element) => element.name.toLowerCase() === name.toLowerCase())
  return others.length === 0 ? first : undefined
}

/** An element to be written: its name, its attributes but for those `undefined`, and its text or the elements inside it. */
export type Markup = readonly [
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  content?: string | readonly Markup[],
]

/** A whole document, in UTF-8. A character that XML cannot carry becomes U+FFFD. */
export const writeXml = (root: Markup): string => `<?xml version="1.0" encoding="UTF-8"?>\n${written(root)}`

function written([name, attributes, content = []]: Markup): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(value).replace(/[\t\n]/g, asReference)}"`],
  )
  const open = `${name}${given.join('')}`
  if (typeof content === 'string') return `<${open}>${escaped(content)}</${name}>`
  return content.length === 0 ? `<${open}/>` : `<${open}>${content.map(written).join('')}</${name}>`
}

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const asReference = (character: string) => `&#${character.charCodeAt(0)};`

/**
 * Parsers make a line feed of a CR, U+0085 or U+2028 that is not written as a reference, and take U+FFFD for a sign that the
 * document was read in the wrong charset.
 */
const escaped = (text: string): string =>
  text
    .replace(foreign, '\ufffd')
    .replace(/[&<>"]/g, (character) => named[character] ?? character)
    .replace(/[\r\u0085\u2028\ufffd]/g, asReference)
