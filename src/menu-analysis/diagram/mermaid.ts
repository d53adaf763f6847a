import { diagramOf, drawnIn } from './diagram.ts'
import type { DrawnMenu, DrawnState } from './diagram.ts'

/**
 * A menu as Mermaid's `stateDiagram-v2`, which GitHub draws where it stands in a Markdown file. Ends in a line feed. Names
 * only: what screens say, and what coverage found, is for the picture that `dotOf` makes.
 */
export function mermaidOf(menu: DrawnMenu): string {
  const diagram = diagramOf(menu)
  const drawn = diagram.root.inside.flatMap(drawnIn)
  const working = drawn.filter(({ kind }) => kind === 'working').map(({ name }) => idOf(name))
  return `${[
    'stateDiagram-v2',
    ...diagram.root.inside.flatMap((state) => declaration(state, '  ')),
    `  [*] --> ${idOf(diagram.first)}: ${escaped(diagram.code)}`,
    // Mermaid draws no edge between a state and one inside it: what leads out of a group leads out of each state in it.
    ...diagram.leafEdges.map(
      ({ from, to, labels }) => `  ${idOf(from)} --> ${idOf(to)}: ${escaped(labels.join(', '))}`,
    ),
    ...drawn.filter(({ kind }) => kind === 'final').map(({ name }) => `  ${idOf(name)} --> [*]`),
    ...(working.length > 0
      ? ['  classDef working font-style:italic', `  class ${working.join(',')} working`]
      : []),
  ].join('\n')}\n`
}

function declaration(state: DrawnState, indent: string): string[] {
  const id = idOf(state.name)
  if (state.kind !== 'group') return [`${indent}state "${escaped(state.key)}" as ${id}`]
  return [
    `${indent}${id}: ${escaped(state.key)}`,
    `${indent}state ${id} {`,
    ...state.inside.flatMap((child) => declaration(child, `${indent}  `)),
    `${indent}}`,
  ]
}

/** Words of Mermaid's own (`root`, `end`, `state`) are no ids, nor is anything but letters, digits and `_`. */
const idOf = (name: string): string =>
  `s_${name.replace(/[^A-Za-z0-9]/gu, (character) =>
    character === '.' ? '__' : `_${character.codePointAt(0)?.toString(16) ?? ''}_`,
  )}`

/** What would end a label, or begin something else, as the entity codes of Mermaid. */
const escaped = (text: string): string =>
  text.replace(/[#:;"<>{}%\n]/g, (character) => `#${character.codePointAt(0) ?? 32};`)
