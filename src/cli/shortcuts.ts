/** Reads published shortcuts from YAML: quoted dialled strings, each with what it `says` and the screens it `leads to`. */
import { LineCounter, isMap, isNode, isScalar, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { z } from 'zod'
import type { Shortcut } from '../menu-analysis/lint-shortcuts.ts'

/** Where a project keeps its published shortcuts, if it has any. */
export const SHORTCUTS = 'menus/shortcuts.yaml'

const Shortcuts = z.record(
  z.string(),
  z.strictObject(
    {
      says: z
        .string("'says' must be the published description")
        .trim()
        .min(1, "'says' must be the published description"),
      'leads to': z
        .array(z.string("'leads to' must be a list of screens"), "'leads to' must be a list of screens")
        .min(1, "'leads to' must name at least one screen"),
    },
    {
      error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : "must have 'says' and 'leads to'"),
    },
  ),
  'must be a mapping of dialled strings to shortcuts',
)

export type ReadResult =
  | { readonly kind: 'read'; readonly shortcuts: readonly Shortcut[] }
  /** `problems`: each begins with `file:line:column: `. */
  | { readonly kind: 'malformed'; readonly problems: readonly string[] }

/** @param file the name at the start of each problem */
export function readShortcuts(text: string, file: string): ReadResult {
  const lines = new LineCounter()
  // The failsafe schema reads every value as a string, never as a number or a date.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false })
  const at = (offset: number, problem: string) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}: ${problem}`
  }
  const [alias] = aliasesOf(document)
  if (alias !== undefined) return { kind: 'malformed', problems: [at(alias, "quote the code: '*141*0#'")] }
  // Later errors mostly follow from the first.
  const [syntaxError] = [...document.errors, ...document.warnings]
  if (syntaxError) return { kind: 'malformed', problems: [at(syntaxError.pos[0], syntaxError.message)] }

  const parsed = Shortcuts.safeParse(document.toJS() ?? {})
  if (!parsed.success) {
    return {
      kind: 'malformed',
      problems: parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) =>
              at(
                offsetOf(document, [...issue.path, key]),
                `unknown field '${key}'; use 'says' and 'leads to'`,
              ),
            )
          : [at(offsetOf(document, issue.path), issue.message)],
      ),
    }
  }
  return {
    kind: 'read',
    shortcuts: Object.entries(parsed.data).map(([dialled, { says, 'leads to': leadsTo }]) => ({
      dialled,
      says,
      leadsTo,
    })),
  }
}

/** Returns the offsets of YAML aliases: an unquoted `*141*0#` is an alias of `&141*0#`. */
function aliasesOf(document: Document): readonly number[] {
  const offsets: number[] = []
  visit(document, { Alias: (_key, node) => void offsets.push(node.range?.[0] ?? 0) })
  return offsets
}

/** Returns the offset of the last key of a path, or of its nearest existing ancestor. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last)
      if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0
    } else {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node)) return node.range?.[0] ?? 0
    }
  }
  return document.contents?.range?.[0] ?? 0
}
