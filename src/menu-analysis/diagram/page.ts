/** The page of a menu, and the index of the pages, in Markdown as prettier writes it. */
import { languages } from '../../engine/authoring.ts'
import type { Language } from '../../engine/authoring.ts'
import { hasTag, isWorking, leavesOf, nameOf } from '../statechart.ts'
import { measure } from '../../ussd/message.ts'
import { diagramOf, drawnIn } from './diagram.ts'
import type { Diagram, DrawnEdge, DrawnMenu } from './diagram.ts'
import { mermaidOf } from './mermaid.ts'
import { screenText } from './screen-text.ts'

/** By it a file is known to be written here, and may be written again or removed. */
export const MARK = '<!-- Written by `npm run diagram`. -->'

/** `image`: the name of the picture's file, beside the page. */
export function menuPage(menu: DrawnMenu, image: string): string {
  const { code, machine } = menu
  const diagram = diagramOf(menu)
  const screens = leavesOf(machine).filter((leaf) => !isWorking(leaf))
  const hasExample = screens.some((leaf) =>
    languages.some((language) => screenText(menu, nameOf(leaf), language)?.isExample),
  )
  return [
    MARK,
    `# ${machine.id}`,
    `Dialled as \`${code}\`. Blue boxes are screens that wait for an answer, green ones with a double border end the dialogue, ellipses perform an effect and are not seen.`,
    `[![The menu ${machine.id} as a statechart](${image})](${image})`,
    `The same, as Mermaid draws it:`,
    `\`\`\`mermaid\n${mermaidOf(menu)}\`\`\``,
    '## Screens',
    `As a phone shows them, with the octets each takes of the 160 of one message.${
      hasExample ? ' A text with a † depends on the dialogue, and is as it would be at its beginning.' : ''
    }`,
    tableOf([
      ['screen', ...languages, 'leads to'],
      ...screens.map((leaf) => [
        `\`${nameOf(leaf)}\`${hasTag(leaf, 'confirmation') ? ', a confirmation' : ''}`,
        ...languages.map((language) => shown(menu, nameOf(leaf), language)),
        leaf.type === 'final' ? 'the end' : waysFrom(diagram, nameOf(leaf)),
      ]),
    ]),
    ...effectsOf(diagram),
  ]
    .join('\n\n')
    .concat('\n')
}

/** The menus' pages, in the order of the routing table. */
export function indexPage(menus: readonly { readonly menu: DrawnMenu; readonly page: string }[]): string {
  return [
    MARK,
    '# Menus',
    'Each menu as a statechart, with its screens in three languages. How a menu is written: [menus](../menus.md).',
    tableOf([
      ['dialled', 'menu', 'screens', 'effects'],
      ...menus.map(({ menu, page }) => {
        const states = drawnIn(diagramOf(menu).root)
        const working = states.filter(({ kind }) => kind === 'working')
        const screens = states.filter(({ kind }) => kind === 'screen' || kind === 'final')
        return [
          `\`${menu.code}\``,
          `[${menu.machine.id}](${page})`,
          `${screens.length}`,
          [...new Set(working.map(({ effect }) => `\`${effect ?? '?'}\``))].join(', '),
        ]
      }),
    ]),
  ]
    .join('\n\n')
    .concat('\n')
}

function effectsOf(diagram: Diagram): string[] {
  const working = drawnIn(diagram.root).filter(({ kind }) => kind === 'working')
  if (working.length === 0) return []
  return [
    '## Effects',
    tableOf([
      ['state', 'performs', 'leads to'],
      ...working.map(({ name, effect }) => [`\`${name}\``, `\`${effect ?? '?'}\``, waysFrom(diagram, name)]),
    ]),
  ]
}

const waysFrom = ({ leafEdges }: Diagram, name: string): string =>
  leafEdges
    .filter(({ from }) => from === name)
    .map(way)
    .join('<br>')

const way = ({ labels, to }: DrawnEdge): string =>
  `${labels.map((label) => `\`${cell(label)}\``).join(', ')} → \`${to}\``

/** Lines as code, which Markdown leaves as they are. */
function shown(menu: DrawnMenu, name: string, language: Language): string {
  const screen = screenText(menu, name, language)
  if (!screen) return 'depends on the dialogue'
  const lines = screen.text.split('\n').map((line) => (line.trim() === '' ? '' : `\`${cell(line)}\``))
  return `${lines.join('<br>')}<br>${measure(screen.text).octets} octets${screen.isExample ? ' †' : ''}`
}

/** A backtick would end the code, a bar the cell. */
const cell = (text: string): string => text.replaceAll('`', 'ˋ').replaceAll('|', '\\|')

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(3, ...rows.map((row) => row[at]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const [heading = [], ...body] = rows
  return [
    line(heading),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...body.map(line),
  ].join('\n')
}
