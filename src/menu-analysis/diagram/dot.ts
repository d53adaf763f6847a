/**
 * Renders a menu in DOT, the language of Graphviz. Screens are rounded boxes with the first line of their text in the menu's first
 * language; final ones have a double border. Working states are ellipses. Uncovered states and transitions are dashed and red.
 */
import { languagesOf } from '../../engine/menu.ts'
import { shareOf } from '../coverage/coverage.ts'
import type { MenuCoverage } from '../coverage/coverage.ts'
import { diagramOf } from './diagram.ts'
import type { Diagram, DiagramEdge, DiagramMenu, DiagramState } from './diagram.ts'
import { screenText } from './labels.ts'

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
  untouched: '#c62828',
  untouchedFill: '#f1f1f1',
}

/** The size of a screen's text, in characters and lines. */
const MAX_LINE_LENGTH = 20
const MAX_LINES = 2

/** Returns the same text for the same menu, byte for byte. Throws `USSD_MENU_FAULTY` like `diagramOf`. */
export function dotOf(menu: DiagramMenu, coverage?: MenuCoverage): string {
  const diagram = diagramOf(menu, coverage)
  return `${[
    `digraph ${quoted(diagram.title)} {`,
    '  graph [rankdir=TB, bgcolor=white, pad=0.25, nodesep=0.16, ranksep=0.45, fontname=Helvetica, fontsize=11]',
    `  node [fontname=Helvetica, fontsize=11, fontcolor="${colours.ink}", margin="0.09,0.05"]`,
    `  edge [fontname=Helvetica, fontsize=10, fontcolor="${colours.ink}", color="${colours.edge}", arrowsize=0.7]`,
    ...(coverage ? [`  label=<${legendOf(coverage)}>`, '  labelloc=b'] : []),
    `  "the phone" [shape=plain, label=<<FONT COLOR="${colours.faint}">☎</FONT>&#160;&#160;<B>${escaped(diagram.code)}</B>>]`,
    ...diagram.root.children.flatMap((state) => statement(state, menu, diagram, '  ')),
    ...(hasEdges(diagram.root, diagram) ? [anchor(diagram.root, '  ')] : []),
    `  "the phone" -> ${quoted(diagram.initial)}`,
    ...diagram.edges.map(edgeStatement),
    '}',
  ].join('\n')}\n`
}

function statement(state: DiagramState, menu: DiagramMenu, diagram: Diagram, indent: string): string[] {
  if (state.kind !== 'group') return [`${indent}${quoted(state.name)} [${attributesOf(state, menu)}]`]
  const inner = `${indent}  `
  return [
    `${indent}subgraph ${quoted(`cluster ${state.name}`)} {`,
    `${inner}label=<<B>${escaped(state.key)}</B>>; labelloc=t; style="rounded"; color="${colours.edge}"; fontcolor="${colours.ink}"`,
    ...state.children.flatMap((child) => statement(child, menu, diagram, inner)),
    ...(hasEdges(state, diagram) ? [anchor(state, inner)] : []),
    `${indent}}`,
  ]
}

const hasEdges = ({ name }: DiagramState, { edges }: Diagram): boolean =>
  edges.some(({ from, to }) => from === name || to === name)

/** The node to which the edges of a group are attached. */
const anchor = ({ name }: DiagramState, indent: string): string =>
  `${indent}${quoted(name)} [shape=plain, label=<<FONT COLOR="${colours.faint}" POINT-SIZE="10"><I>on any screen here</I></FONT>>]`

function attributesOf(state: DiagramState, menu: DiagramMenu): string {
  const { fill, border, shape } = styleOf(state)
  const [colour, background, style] = state.isCovered
    ? [border, fill, 'filled']
    : [colours.untouched, colours.untouchedFill, 'filled,dashed']
  return [
    `shape=${shape}`,
    `style="${shape === 'ellipse' ? style : `rounded,${style}`}"`,
    `color="${colour}"`,
    `fillcolor="${background}"`,
    ...(state.kind === 'final' ? ['peripheries=2'] : []),
    `label=<${labelOf(state, menu)}>`,
  ].join(', ')
}

function styleOf({ kind }: DiagramState) {
  if (kind === 'working') return { fill: colours.working, border: colours.workingBorder, shape: 'ellipse' }
  return kind === 'final'
    ? { fill: colours.final, border: colours.finalBorder, shape: 'box' }
    : { fill: colours.screen, border: colours.screenBorder, shape: 'box' }
}

function labelOf(state: DiagramState, menu: DiagramMenu): string {
  if (state.kind === 'working')
    return `<FONT POINT-SIZE="10">${escaped(state.key)}</FONT><BR/>${small(`<I>${escaped(state.effect ?? '')}</I>`)}`
  const [line = ''] = screenText(menu, state.name, languagesOf(menu)[0] ?? '')?.text.split('\n') ?? []
  const lines = wrapped(line).map((part) => `<BR/>${small(escaped(part))}`)
  return `<B>${escaped(state.key)}</B>${lines.join('')}`
}

const small = (text: string): string =>
  text === '' ? ' ' : `<FONT POINT-SIZE="9" COLOR="${colours.faint}">${text}</FONT>`

/** Wraps and truncates a line of a screen to fit its box. */
function wrapped(line: string): string[] {
  const lines: string[] = []
  for (const word of line.split(' ').filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= MAX_LINE_LENGTH)
      lines.push(`${lines.pop()} ${word}`)
    else lines.push(word)
  }
  return lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES - 1), `${lines[MAX_LINES - 1]} …`] : lines
}

function edgeStatement({ from, to, labels, isCovered }: DiagramEdge): string {
  const style = isCovered
    ? ''
    : `, style=dashed, color="${colours.untouched}", fontcolor="${colours.untouched}"`
  // The spaces keep the label off the line.
  const text = labels.map((label) => ` ${label} `).join('\n')
  return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(text)}${style}]`
}

function legendOf(coverage: MenuCoverage): string {
  const { states, transitions } = shareOf([coverage])
  return [
    `<BR/>${states.touched} of ${states.all} states and ${transitions.touched} of ${transitions.all} transitions were covered.`,
    ` <FONT COLOR="${colours.untouched}">The others are dashed and red.</FONT>`,
  ].join('')
}

/** A DOT string, in which a line feed starts a new line. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
