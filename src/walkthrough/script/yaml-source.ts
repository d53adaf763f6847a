/** Parses YAML into plain values with the position of each. Messages never quote the file, which may hold secrets. */
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

/** A problem with its line and column, both from 1; columns count UTF-16 units. */
export interface ScriptIssue {
  readonly line: number
  readonly column: number
  /** Without a full stop. Never holds a value, which may be a secret. */
  readonly message: string
}

export type Position = Pick<ScriptIssue, 'line' | 'column'>
export type Path = readonly PropertyKey[]

export interface SourceDocument {
  /** Maps, lists and text: every scalar is text. */
  readonly value: unknown
  /** The position of a value, or of its nearest parent in the file. */
  at(path: Path): Position
  /** The position of a key of the map at `path`. */
  keyAt(path: Path, key: string): Position
}

const MAX_BYTES = 1_000_000
const MAX_DOCUMENTS = 1000
const MAX_ALIASES = 1000
/** The library counts the aliases of an anchor, multiplied by the aliases inside it. */
const MAX_ALIAS_EXPANSION = 100

/** Parses all documents of a file. `documents` holds those that are valid YAML, `issues` all problems. */
export function readYaml(text: string): {
  readonly documents: readonly SourceDocument[]
  readonly issues: readonly ScriptIssue[]
} {
  const unreadable = (message: string) => ({ documents: [], issues: [{ line: 1, column: 1, message }] })
  if (Buffer.byteLength(text) > MAX_BYTES) return unreadable('the file is larger than 1 MB')
  const source = text.replace(/^\ufeff/, '')
  const lines = new LineCounter()
  const parsed = parseAllDocuments(source, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    // The library's own check for duplicate keys takes quadratic time.
    uniqueKeys: false,
    logLevel: 'silent',
  })
  if (parsed.length > MAX_DOCUMENTS) return unreadable(`the file has more than ${MAX_DOCUMENTS} documents`)
  if (parsed.length === 0) return unreadable('the file is empty')

  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const documents: SourceDocument[] = []
  const issues: ScriptIssue[] = []
  for (const document of parsed as Document.Parsed[]) {
    const result = readDocument(document, source)
    issues.push(...result.issues.map(({ offset, message }) => ({ ...positionAt(offset), message })))
    if ('value' in result) documents.push({ value: result.value, ...positionsOf(document, positionAt) })
  }
  return { documents, issues }
}

interface OffsetIssue {
  readonly offset: number
  readonly message: string
}

const messages: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an unquoted * begins a YAML alias: quote the code',
  BAD_DQ_ESCAPE: 'invalid escape: in double quotes, write a backslash twice',
  BAD_INDENT: 'wrong indentation or an unclosed bracket',
  BAD_SCALAR_START: 'quote text that starts with this character',
  BLOCK_AS_IMPLICIT_KEY: 'quote text that contains a colon and a space',
  MISSING_CHAR: 'a quote, a bracket or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or text of several lines needs |- before it',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'tabs cannot indent: use spaces',
}

function readDocument(
  document: Document.Parsed,
  source: string,
): { readonly issues: readonly OffsetIssue[]; readonly value?: unknown } {
  const { errors, contents, range } = document
  const [error] = errors
  // Later errors usually follow from the first.
  if (error) return { issues: [{ offset: error.pos[0], message: messages[error.code] ?? 'invalid YAML' }] }
  if (contents === null || (isScalar(contents) && contents.source === ''))
    return { issues: [{ offset: range[0], message: 'the document is empty' }] }
  const issues = contentIssues(document, source)
  try {
    return { issues, value: document.toJS({ maxAliasCount: MAX_ALIAS_EXPANSION }) as unknown }
  } catch {
    // `contentIssues` has replaced every other invalid alias.
    const message = 'the aliases of this document expand to too much text'
    return { issues: [...issues, { offset: range[0], message }] }
  }
}

/** Lists what YAML allows and a script does not. Replaces invalid aliases with text, so that later checks can go on. */
function contentIssues(document: Document.Parsed, source: string): OffsetIssue[] {
  const issues: OffsetIssue[] = []
  const anchors = new Map<string, Node>()
  let aliases = 0
  const report = (node: Node | null, message: string) =>
    void issues.push({ offset: node?.range?.[0] ?? document.range[0], message })

  visit(document, {
    Alias(_key, node, path) {
      aliases += 1
      const anchor = anchors.get(node.source)
      const isRecursive = anchor !== undefined && path.some((parent) => parent === anchor)
      if (anchor && !isRecursive && aliases <= MAX_ALIASES) return undefined
      if (!anchor) report(node, unknownAliasMessage(source, node.range?.[0] ?? 0))
      else if (isRecursive) report(node, 'this alias contains itself')
      else if (aliases === MAX_ALIASES + 1) report(node, `more than ${MAX_ALIASES} aliases`)
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
        if (!isScalar<string>(key)) report(key as Node | null, 'a key must be text')
        else if (keys.has(key.value)) report(key as ParsedNode, 'duplicate key')
        else keys.add(key.value)
      }
    },
    Scalar(key, node) {
      enter(node)
      if (typeof node.value === 'string' && /\p{Cs}/u.test(node.value))
        report(node, 'half of a character (unpaired surrogate)')
      if (key !== 'key' && node.type === 'PLAIN' && node.source === '')
        report(node, "missing value: write '' for empty text, and quote text that starts with #")
    },
  })
  return issues

  function enter(node: Node & { anchor?: string; tag?: string }): void {
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (node.tag !== undefined && !isPlainTag(node.tag))
      report(node, 'tags are not supported: every value is text')
  }
}

const isPlainTag = (tag: string): boolean => /^(!|tag:yaml\.org,2002:(str|map|seq))$/.test(tag)

/** An alias without an anchor is usually an unquoted code. */
const unknownAliasMessage = (text: string, offset: number): string =>
  /^\*[\d*]/.test(text.slice(offset, offset + 2))
    ? 'an unquoted * begins a YAML alias: quote the code'
    : 'unknown YAML alias: quote text that starts with *'

function positionsOf(document: Document.Parsed, positionAt: (offset: number) => Position) {
  const follow = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

  /** The node at a path, or its nearest parent in the file. */
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
  const positionOf = (node: Node): Position => positionAt(node.range?.[0] ?? 0)

  return {
    at: (path: Path) => positionOf(nodeAt(path)),
    keyAt(path: Path, key: string): Position {
      const map = follow(nodeAt(path))
      const pair = isCollection(map)
        ? map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
        : undefined
      return isPair(pair) && isScalar(pair.key) ? positionOf(pair.key) : positionOf(nodeAt(path))
    },
  }
}
