/** YAML as it was written: plain values, and where in the file each of them stands. Nothing here quotes what it read. */
import {
  LineCounter,
  Scalar,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
} from 'yaml'
import type { Document, ErrorCode, Node, ParsedNode } from 'yaml'

/** What is wrong with a file, and where; both from 1, the column in UTF-16 units. */
export interface ScriptIssue {
  readonly line: number
  readonly column: number
  /** Without a full stop. It never holds a value, which may be a secret. */
  readonly message: string
}

export type Position = Pick<ScriptIssue, 'line' | 'column'>
export type Path = readonly PropertyKey[]

export interface SourceDocument {
  /** Maps, lists and text: no scalar is read as anything else. */
  readonly value: unknown
  /** Where a value stands, or the nearest above it that there is. */
  at(path: Path): Position
  /** Where a key of that map stands. */
  keyAt(path: Path, key: string): Position
}

const LARGEST_BYTES = 1_000_000
const MOST_DOCUMENTS = 1000
const MOST_ALIASES = 1000
/** Of one anchor, multiplied with what its aliases hold in turn: the library's measure. */
const MOST_ALIASES_OF_ONE = 100

/** Every document of a file that can be read as YAML, and all flaws of what was written. */
export function readYaml(text: string): {
  readonly documents: readonly SourceDocument[]
  readonly flaws: readonly ScriptIssue[]
} {
  const nothing = (message: string) => ({ documents: [], flaws: [{ line: 1, column: 1, message }] })
  if (Buffer.byteLength(text) > LARGEST_BYTES) return nothing('the file is larger than 1 MB')
  const source = text.replace(/^\ufeff/, '')
  const lines = new LineCounter()
  const parsed = parseAllDocuments(source, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    // Its own search for duplicates takes time that grows with the square of the keys.
    uniqueKeys: false,
    logLevel: 'silent',
  })
  if (parsed.length > MOST_DOCUMENTS) return nothing(`the file has more than ${MOST_DOCUMENTS} documents`)
  if (parsed.length === 0) return nothing('there is nothing in this file')

  const placeAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const documents: SourceDocument[] = []
  const flaws: ScriptIssue[] = []
  for (const document of parsed as Document.Parsed[]) {
    const read = readDocument(document, source)
    flaws.push(...read.flaws.map(({ offset, message }) => ({ ...placeAt(offset), message })))
    if ('value' in read) documents.push({ value: read.value, ...placesOf(document, placeAt) })
  }
  return { documents, flaws }
}

interface Found {
  readonly offset: number
  readonly message: string
}

const says: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an unquoted * begins a YAML alias: quote the code',
  BAD_DQ_ESCAPE: 'this is no escape of YAML: in double quotes a backslash is written twice',
  BAD_INDENT: 'this is indented wrongly, or a bracket is not closed',
  BAD_SCALAR_START: 'text that begins with this character stands in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'text with a colon and a space in it stands in quotes',
  MISSING_CHAR: 'a quote, a bracket or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or text of several lines needs |- before it',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent: use spaces',
}

function readDocument(
  document: Document.Parsed,
  source: string,
): { readonly flaws: readonly Found[]; readonly value?: unknown } {
  const { errors, contents, range } = document
  const [error] = errors
  // The others mostly follow from the first.
  if (error) return { flaws: [{ offset: error.pos[0], message: says[error.code] ?? 'this is not YAML' }] }
  if (contents === null || (isScalar(contents) && contents.source === ''))
    return { flaws: [{ offset: range[0], message: 'there is nothing in this document' }] }
  const flaws = contentFlaws(document, source)
  try {
    return { flaws, value: document.toJS({ maxAliasCount: MOST_ALIASES_OF_ONE }) as unknown }
  } catch {
    // Whatever else could be wrong with an alias was found before.
    const message = 'the aliases of this document stand for too much'
    return { flaws: [...flaws, { offset: range[0], message }] }
  }
}

/** What YAML allows and a script does not. An alias that means nothing becomes text, so that what else is wrong is found. */
function contentFlaws(document: Document.Parsed, source: string): Found[] {
  const found: Found[] = []
  const anchors = new Map<string, Node>()
  let aliases = 0
  const flaw = (node: Node | null, message: string) =>
    void found.push({ offset: node?.range?.[0] ?? document.range[0], message })

  visit(document, {
    Alias(_key, node, path) {
      aliases += 1
      const meant = anchors.get(node.source)
      const isInItself = meant !== undefined && path.some((above) => above === meant)
      if (meant && !isInItself && aliases <= MOST_ALIASES) return undefined
      if (!meant) flaw(node, aliasSentence(source, node.range?.[0] ?? 0))
      else if (isInItself) flaw(node, 'this alias holds itself')
      else if (aliases === MOST_ALIASES + 1) flaw(node, `there are more than ${MOST_ALIASES} aliases`)
      const text = new Scalar('*')
      text.type = 'QUOTE_SINGLE'
      if (node.range) text.range = node.range
      return text
    },
    Seq: (_key, node) => enter(node),
    Map(_key, node) {
      enter(node)
      const keys = new Set<string>()
      for (const { key } of node.items) {
        if (!isScalar<string>(key)) flaw(key as Node | null, 'a key is text')
        else if (keys.has(key.value)) flaw(key as ParsedNode, 'this key stands here twice')
        else keys.add(key.value)
      }
    },
    Scalar(key, node) {
      enter(node)
      if (typeof node.value === 'string' && /\p{Cs}/u.test(node.value))
        flaw(node, 'there is half of a character')
      if (key !== 'key' && node.type === 'PLAIN' && node.source === '')
        flaw(node, "there is no value: write '' for an empty text, and quote what begins with #")
    },
  })
  return found

  function enter(node: Node & { anchor?: string; tag?: string }): void {
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (node.tag !== undefined && !isPlainTag(node.tag)) flaw(node, 'a tag means nothing here: all is text')
  }
}

/** Those that say what is so already. */
const isPlainTag = (tag: string): boolean => /^(!|tag:yaml\.org,2002:(str|map|seq))$/.test(tag)

/** Of an alias without an anchor: mostly it was meant for a code. */
const aliasSentence = (text: string, offset: number): string =>
  /^\*[\d*]/.test(text.slice(offset, offset + 2))
    ? 'an unquoted * begins a YAML alias: quote the code'
    : 'there is no anchor of this name before it; a text that begins with * stands in quotes'

function placesOf(document: Document.Parsed, placeAt: (offset: number) => Position) {
  const follow = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

  /** The value at a path, or the nearest above it. */
  const nodeAt = (path: Path): Node => {
    let node: Node = document.contents as ParsedNode
    for (const key of path) {
      const inside = follow(node)
      const next = isMap(inside)
        ? inside.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value
        : isSeq(inside)
          ? inside.items[Number(key)]
          : undefined
      if (!next) return node
      node = next as Node
    }
    return node
  }
  const placeOf = (node: Node): Position => placeAt(node.range?.[0] ?? 0)

  return {
    at: (path: Path) => placeOf(nodeAt(path)),
    keyAt(path: Path, key: string): Position {
      const map = follow(nodeAt(path))
      const pair = isCollection(map)
        ? map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
        : undefined
      return isPair(pair) && isScalar(pair.key) ? placeOf(pair.key) : placeOf(nodeAt(path))
    },
  }
}
