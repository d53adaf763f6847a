/**
 * The XML of aggregators: a small document of elements and attributes. A document type is rejected before parsing, so the only
 * entities are the five of XML 1.0, 4.6 and numeric references, and nothing is fetched.
 */
import { DOMParser, onWarningStopParsing } from '@xmldom/xmldom'
import type { Element as DomElement } from '@xmldom/xmldom'
import { malformed } from '../dialect.ts'
import type { Malformed, WireCall, WireResponse } from '../dialect.ts'

/** An element. Values stay text: leading zeros are significant in a dialled number. */
export interface Element {
  /** The local name, without a prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly elements: readonly Element[]
  /** The text between the tags, without that of child elements. */
  readonly text: string
}

export type ParsedXml =
  | { readonly kind: 'element'; readonly element: Element }
  /** `problem` continues "the body …" or "the answer …" and quotes no input. */
  | { readonly kind: 'malformed'; readonly problem: string }

/** In UTF-16 units. Documents of dialects are much shorter. */
const MAX_LENGTH = 16_384
/** The number of `<` in a document. Documents of dialects have about thirty. The parser is slow on many. */
const MAX_MARKUP = 256
/** The depth of nested elements. No dialect exceeds four. */
const MAX_DEPTH = 8

/** Characters that XML 1.0, 2.2 forbids in a document, even as references. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const parser = new DOMParser({
  // Any warning rejects the document.
  onError: onWarningStopParsing,
  locator: false,
  // XML 1.0, 2.11. The parser's own normalisation follows XML 1.1 and loses U+2028.
  normalizeLineEndings: (text) => text.replace(/\r\n?/g, '\n'),
})

/**
 * Parses a document.
 *
 * @param name required name of the root element, in lower case; compared without regard to case
 */
export function parseXml(text: string, name?: string): ParsedXml {
  if (text.length > MAX_LENGTH) return invalid('is too long')
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return invalid('must not have a document type')
  if (text.split('<', MAX_MARKUP + 2).length > MAX_MARKUP + 1) return invalid('has too many elements')
  let root: DomElement | null
  try {
    root = parser.parseFromString(text.replace(/^\ufeff/, ''), 'text/xml').documentElement
  } catch {
    return invalid('must be well-formed XML')
  }
  if (!root) return invalid('must be well-formed XML')
  const read = readElement(root, 1)
  if (typeof read === 'string') return invalid(read)
  if (name !== undefined && read.name.toLowerCase() !== name) return invalid(`must be a ${name} element`)
  return { kind: 'element', element: read }
}

/** Parses the document of a callback. */
export function readXmlRequest(body: string, name: string): Element | Malformed {
  const xml = parseXml(body, name)
  return xml.kind === 'malformed' ? malformed(`Bad request: the body ${xml.problem}`) : xml.element
}

/** Parses the document of an application's answer. */
export function readXmlResponse({ status, body }: WireResponse, name: string): Element | Malformed {
  if (status !== 200) return malformed(`the application answered with status ${status}`)
  const xml = parseXml(body, name)
  return xml.kind === 'malformed' ? malformed(`the answer ${xml.problem}`) : xml.element
}

/** Returns true for a document that could not be parsed. */
export const isMalformed = (read: Element | Malformed): read is Malformed => 'kind' in read

export const xmlResponse = (status: number, root: Markup): WireResponse => ({
  status,
  type: 'text/xml; charset=utf-8',
  body: writeXml(root),
})

export const postXml = (root: Markup, headers: Readonly<Record<string, string>> = {}): WireCall => ({
  method: 'POST',
  path: '',
  query: '',
  headers: { 'content-type': 'text/xml', ...headers },
  body: writeXml(root),
})

const invalid = (problem: string): ParsedXml => ({ kind: 'malformed', problem })

/** Returns the element, or the problem with it. */
function readElement(from: DomElement, depth: number): Element | string {
  if (depth > MAX_DEPTH) return 'has too deeply nested elements'
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
  if ([text, ...attributes.flat()].some((value) => value.search(forbidden) >= 0))
    return 'must be well-formed XML'
  return {
    name: from.localName ?? from.nodeName,
    attributes: Object.fromEntries(attributes),
    elements,
    text,
  }
}

/**
 * Returns the child elements as form fields. Names are in lower case, because deployments differ in case. Repeated elements
 * give an array. Elements with children are left out.
 */
export function fieldsOf({ elements }: Element): Record<string, string | string[]> {
  const fields = new Map<string, string[]>()
  for (const { name, text, elements: children } of elements) {
    if (children.length > 0) continue
    const key = name.toLowerCase()
    fields.set(key, [...(fields.get(key) ?? []), text])
  }
  return Object.fromEntries([...fields].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]))
}

/** Returns the only child element of this name, in any case; returns undefined if there is none or more than one. */
export function onlyElement({ elements }: Element, name: string): Element | undefined {
  const [first, ...others] = elements.filter((element) => element.name.toLowerCase() === name.toLowerCase())
  return others.length === 0 ? first : undefined
}

/** An element to write. Attributes that are undefined are left out. */
export type Markup = readonly [
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  content?: string | readonly Markup[],
]

/** Returns a complete document in UTF-8. Characters that XML forbids become U+FFFD. */
export const writeXml = (root: Markup): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${writeElement(root)}`

function writeElement([name, attributes, content = []]: Markup): string {
  const pairs = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeXml(value).replace(/[\t\n]/g, asReference)}"`],
  )
  const open = `${name}${pairs.join('')}`
  if (typeof content === 'string') return `<${open}>${escapeXml(content)}</${name}>`
  return content.length === 0 ? `<${open}/>` : `<${open}>${content.map(writeElement).join('')}</${name}>`
}

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const asReference = (character: string) => `&#${character.charCodeAt(0)};`

/**
 * Escapes text. CR, U+0085 and U+2028 become references, because parsers turn them into line feeds. U+FFFD becomes one, because
 * parsers take it for a sign of a wrong charset.
 */
const escapeXml = (text: string): string =>
  text
    .replace(forbidden, '\ufffd')
    .replace(/[&<>"]/g, (character) => named[character] ?? character)
    .replace(/[\r\u0085\u2028\ufffd]/g, asReference)
