/**
 * A menu as a graph in DOT, the language of Graphviz. Screens are rounded boxes with the first line that is read in Russian,
 * ends have a double border, states that work are ellipses; what coverage found untouched is dashed and red.
 */
import { shareOf } from '../coverage/coverage.ts'
import type { MenuCoverage } from '../coverage/coverage.ts'
import { diagramOf } from './diagram.ts'
import type { Diagram, DrawnEdge, DrawnMenu, DrawnState } from './diagram.ts'
import { screenText } from './screen-text.ts'

const colours = {
  ink: '#1f2937',
  faint: '#57606a',
  edge: '#6b7280',
  screen: '#e8f1fd',
  screenBorder: '#3b6fb6',
  final: '#eef7ee',
  finalBorder: '#4b8b58',
  working: '#f6f0e2',
  workingBorder: '#a88a4a',
  missed: '#c62828',
  missedFill: '#f1f1f1',
}

/** Characters to a line of a screen's text, and lines of it. */
const TEXT_WIDTH = 20
const TEXT_LINES = 2

/** The same menu gives the same text, byte for byte. Throws `USSD_MENU_FAULTY` as `diagramOf` does. */
export function dotOf(menu: DrawnMenu, coverage?: MenuCoverage): string {
  const diagram = diagramOf(menu, coverage)
  return `${[
    `digraph ${quoted(diagram.title)} {`,
    '  graph [rankdir=TB, bgcolor=white, pad=0.25, nodesep=0.16, ranksep=0.45, fontname=Helvetica, fontsize=11]',
    `  node [fontname=Helvetica, fontsize=11, fontcolor="${colours.ink}", margin="0.09,0.05"]`,
    `  edge [fontname=Helvetica, fontsize=10, fontcolor="${colours.ink}", color="${colours.edge}", arrowsize=0.7]`,
    ...(coverage ? [`  label=<${legendOf(coverage)}>`, '  labelloc=b'] : []),
    `  "the phone" [shape=plain, label=<<FONT COLOR="${colours.faint}">☎</FONT>&#160;&#160;<B>${escaped(diagram.code)}</B>>]`,
    ...diagram.root.inside.flatMap((state) => statement(state, menu, diagram, '  ')),
    ...(leadsOut(diagram.root, diagram) ? [anchor(diagram.root, '  ')] : []),
    `  "the phone" -> ${quoted(diagram.first)}`,
    ...diagram.edges.map(edgeStatement),
    '}',
  ].join('\n')}\n`
}

function statement(state: DrawnState, menu: DrawnMenu, diagram: Diagram, indent: string): string[] {
  if (state.kind !== 'group') return [`${indent}${quoted(state.name)} [${attributesOf(state, menu)}]`]
  const inner = `${indent}  `
  return [
    `${indent}subgraph ${quoted(`cluster ${state.name}`)} {`,
    `${inner}label=<<B>${escaped(state.key)}</B>>; labelloc=t; style="rounded"; color="${colours.edge}"; fontcolor="${colours.ink}"`,
    ...state.inside.flatMap((child) => statement(child, menu, diagram, inner)),
    ...(leadsOut(state, diagram) ? [anchor(state, inner)] : []),
    `${indent}}`,
  ]
}

const leadsOut = ({ name }: DrawnState, { edges }: Diagram): boolean =>
  edges.some(({ from, to }) => from === name || to === name)

/** From here lead the edges of a state that has states inside: they hold for each of them. */
const anchor = ({ name }: DrawnState, indent: string): string =>
  `${indent}${quoted(name)} [shape=plain, label=<<FONT COLOR="${colours.faint}" POINT-SIZE="10"><I>on any screen here</I></FONT>>]`

function attributesOf(state: DrawnState, menu: DrawnMenu): string {
  const { fill, border, shape } = looksOf(state)
  const [colour, background, style] = state.isTouched
    ? [border, fill, 'filled']
    : [colours.missed, colours.missedFill, 'filled,dashed']
  return [
    `shape=${shape}`,
    `style="${shape === 'ellipse' ? style : `rounded,${style}`}"`,
    `color="${colour}"`,
    `fillcolor="${background}"`,
    ...(state.kind === 'final' ? ['peripheries=2'] : []),
    `label=<${labelOf(state, menu)}>`,
  ].join(', ')
}

function looksOf({ kind }: DrawnState) {
  if (kind === 'working') return { fill: colours.working, border: colours.workingBorder, shape: 'ellipse' }
  return kind === 'final'
    ? { fill: colours.final, border: colours.finalBorder, shape: 'box' }
    : { fill: colours.screen, border: colours.screenBorder, shape: 'box' }
}

function labelOf(state: DrawnState, menu: DrawnMenu): string {
  if (state.kind === 'working')
    return `<FONT POINT-SIZE="10">${escaped(state.key)}</FONT><BR/>${small(`<I>${escaped(state.effect ?? '')}</I>`)}`
  const [line = ''] = screenText(menu, state.name, 'ru')?.text.split('\n') ?? []
  const lines = folded(line).map((part) => `<BR/>${small(escaped(part))}`)
  return `<B>${escaped(state.key)}</B>${lines.join('')}`
}

const small = (text: string): string =>
  text === '' ? ' ' : `<FONT POINT-SIZE="9" COLOR="${colours.faint}">${text}</FONT>`

/** A line of a screen in lines that a box takes. */
function folded(line: string): string[] {
  const lines: string[] = []
  for (const word of line.split(' ').filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= TEXT_WIDTH)
      lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
  }
  return lines.length > TEXT_LINES ? [...lines.slice(0, TEXT_LINES - 1), `${lines[TEXT_LINES - 1]} …`] : lines
}

function edgeStatement({ from, to, labels, isTouched }: DrawnEdge): string {
  const missed = isTouched ? '' : `, style=dashed, color="${colours.missed}", fontcolor="${colours.missed}"`
  // A blank on either side keeps the label off the line.
  const text = labels.map((label) => ` ${label} `).join('\n')
  return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(text)}${missed}]`
}

function legendOf(coverage: MenuCoverage): string {
  const { states, transitions } = shareOf([coverage])
  return [
    `<BR/>${states.touched} of ${states.all} states and ${transitions.touched} of ${transitions.all} transitions were touched.`,
    ` <FONT COLOR="${colours.missed}">Dashed red was not.</FONT>`,
  ].join('')
}

/** A DOT string: a line feed in it is drawn as a new line. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
