import { describe, expect, it } from '@jest/globals'
import { and, assign, createMachine, setup, stateIn } from 'xstate'
import { compileMenu } from '../../../src/engine/menu.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { isWorking, leavesOf, nameOf } from '../../../src/menu-analysis/statechart.ts'
import { begin, reply } from '../../../src/engine/turn.ts'
import { watch } from '../../../src/menu-analysis/coverage/watch.ts'
import { diagramOf } from '../../../src/menu-analysis/diagram/diagram.ts'
import { dotOf } from '../../../src/menu-analysis/diagram/dot.ts'
import { guardText } from '../../../src/menu-analysis/diagram/guard-text.ts'
import { mermaidOf } from '../../../src/menu-analysis/diagram/mermaid.ts'
import { indexPage, menuPage } from '../../../src/menu-analysis/diagram/page.ts'
import { svgOf } from '../../../src/menu-analysis/diagram/svg.ts'
import { compiled, inAll, performing, subjects } from '../../support/machines.ts'

/** Names that a drawing trips over: words of Mermaid's, what ends a label, a state within a state. */
const awkward = compiled(
  setup({
    types: { context: {} as { count: number }, events: {} as { type: string } },
    guards: { isA: () => true, 'says "a": b; <c>': () => true },
  }).createMachine({
    id: 'awkward',
    context: { count: 0 },
    initial: 'root',
    on: { 9: '.end' },
    states: {
      root: {
        on: {
          1: 'state',
          2: 'state',
          3: { guard: 'says "a": b; <c>', target: 'end' },
          4: { guard: and(['isA', stateIn('root')]), target: 'end' },
        },
      },
      state: {
        initial: 'a-b',
        on: { 0: 'end', 7: '.a_b', 8: { actions: assign({ count: 1 }) } },
        states: { 'a-b': { on: { 0: 'a_b' } }, a_b: {} },
      },
      end: { type: 'final' },
    },
  }),
  {
    root: inAll('Корень & <другое> "слово", которое долго не кончается\n1 Дальше'),
    'state.a-b': inAll(({ count }: { count: number }) => `Счёт ${count} | \`${count}\``),
    'state.a_b': inAll('Б'),
    end: inAll('Конец'),
  },
)

const all = [...subjects.map(({ menu }) => menu), awkward]

describe('a diagram', () => {
  it('has one edge between two states, with all that leads along it', () => {
    const { edges, first } = diagramOf(awkward)
    expect(first).toBe('root')
    expect(edges.map(({ from, to, labels }) => [from, to, ...labels])).toEqual([
      ['the machine', 'end', '9'],
      ['root', 'state.a-b', '1', '2'],
      ['root', 'end', '3 [says "a": b; <c>]', '4 [and(isA, stateIn(root))]'],
      ['state', 'end', '0'],
      ['state', 'state.a_b', '7'],
      ['state', 'state', '8'],
      ['state.a-b', 'state.a_b', '0'],
    ])
  })

  it('says of each leaf what leads out of it, its own before that of the state around', () => {
    const from = (name: string) =>
      diagramOf(awkward)
        .leafEdges.filter((edge) => edge.from === name)
        .map(({ to, labels }) => [to, ...labels])
    expect(from('state.a-b')).toEqual([
      ['state.a_b', '0', '7'],
      ['state.a-b', '8'],
      ['end', '9'],
    ])
    expect(from('end')).toEqual([])
  })

  it.each([
    [({ event }: { event: { output: { access: string } } }) => event.output.access === 'open', 'open'],
    [({ event }: { event: { output: { closed: boolean } } }) => event.output.closed, 'closed'],
    [({ event }: { event: { output: { closed: boolean } } }) => !event.output.closed, 'not closed'],
    [({ context }: { context: { left: number } }) => context.left >= 2, 'left ≥ 2'],
    [({ context }: { context: { left: string | null } }) => context.left !== null, 'left ≠ null'],
    ['isPuk1', 'isPuk1'],
    [{ type: 'isAtLeast', params: { length: 8 } }, 'isAtLeast({"length":8})'],
    [undefined, undefined],
    [
      ({ event }: { event: { type: string } }) => {
        const { type } = event
        return type === '1'
      },
      undefined,
    ],
  ])('says what guard %# asks', (guard, text) => {
    expect(guardText(guard)).toBe(text)
  })
})

describe('DOT', () => {
  it.each(all)('of $code is drawn by Graphviz with every state, and is the same each time', async (menu) => {
    const dot = dotOf(menu)
    expect(dotOf(menu)).toBe(dot)
    const svg = await svgOf(dot, 'A & B')
    expect(await svgOf(dot, 'A & B')).toBe(svg)
    expect(svg).toMatch(/^<svg role="img" [^>]*viewBox="[^>]*>\n<title>A &amp; B<\/title>\n[^]*<\/svg>\n$/)
    const texts = new Set(
      [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text.replaceAll('&#45;', '-')),
    )
    expect(
      leavesOf(menu.machine)
        .map(({ key }) => key)
        .filter((key) => !texts.has(key)),
    ).toEqual([])
    expect(svg).toContain('font-family="Helvetica,Arial,sans-serif"')
  })

  it('draws an effect by its name, an end with a double border, and the first line of a screen', () => {
    const dot = dotOf(subjects[1]?.menu ?? awkward)
    expect(dot).toMatch(/"readingAccess" \[shape=ellipse.*<I>readAccess<\/I>/)
    expect(dot).toMatch(/"goodbye" \[shape=box.*peripheries=2.*Доступ не изменён/)
    expect(dot).not.toMatch(/"open" \[.*peripheries/)
    expect(dot).toContain('"closingAccess" -> "accessClosed" [label=" done: closed "]')
    expect(dot).not.toContain('dashed')
  })

  it('draws what a run did not touch in dashed red, apart from what it touched', async () => {
    const watched = watch({ [awkward.code]: awkward })
    const menu = compileMenu(awkward.code, watched.menus[awkward.code] as Menu)
    const { perform } = performing({})
    await reply(menu, await begin(menu, 'ru', perform), '1', perform)
    const dot = dotOf(menu, watched.coverage()[0])
    expect(dot).toMatch(/"root" -> "state.a-b" \[label=" 1 "\]/)
    expect(dot).toMatch(/"root" -> "state.a-b" \[label=" 2 ", style=dashed, color="#c62828"/)
    expect(dot).toMatch(/"end" \[.*dashed.*color="#c62828"/)
    expect(dot).not.toMatch(/"root" \[.*dashed/)
    expect(dot).toContain('2 of 4 states and 1 of 9 transitions were touched.')
    expect(await svgOf(dot, 'x')).toContain('stroke-dasharray')
  })

  it('that is none is refused', async () => {
    await expect(svgOf('digraph {', 'x')).rejects.toThrow(/^Graphviz cannot draw this: /)
  })
})

describe('Mermaid', () => {
  /** The statements of a state diagram that are used, as Mermaid's grammar has them: no `:`, `;` or line feed in a label. */
  const ID = String.raw`s_\w+`
  const LABEL = String.raw`(?:[^:;#\n]|#\d+;)+`
  const statements = new RegExp(
    [
      'stateDiagram-v2',
      String.raw`\s+state "(?:[^"#;]|#\d+;)*" as ${ID}`,
      String.raw`\s+${ID}: ${LABEL}`,
      String.raw`\s+state ${ID} \{`,
      String.raw`\s+\}`,
      String.raw`\s+(?:\[\*\]|${ID}) --> ${ID}: ${LABEL}`,
      String.raw`\s+${ID} --> \[\*\]`,
      String.raw`\s+classDef working font-style:italic`,
      String.raw`\s+class ${ID}(?:,${ID})* working`,
    ]
      .map((statement) => `^${statement}$`)
      .join('|'),
  )

  it.each(all)('of $code has only statements of its grammar, and declares every id once', (menu) => {
    const lines = mermaidOf(menu).trimEnd().split('\n')
    expect(lines[0]).toBe('stateDiagram-v2')
    expect(lines.filter((line) => !statements.test(line))).toEqual([])
    const declared = lines
      .flatMap((line) => / (?:as (s_\w+)|state (s_\w+) \{)$/.exec(line)?.slice(1) ?? [])
      .filter(Boolean)
    expect(new Set(declared).size).toBe(declared.length)
    expect(declared.length).toBeGreaterThanOrEqual(leavesOf(menu.machine).length)
    const used = lines.flatMap((line) =>
      line.includes('-->') ? (line.split(': ', 1)[0]?.match(/s_\w+/g) ?? []) : [],
    )
    expect(used.filter((id) => !declared.includes(id))).toEqual([])
    expect(lines.filter((line) => line.includes('{')).length).toBe(
      lines.filter((line) => line.trim() === '}').length,
    )
  })

  it('draws no edge to or from a state that has states inside', () => {
    const lines = mermaidOf(awkward).split('\n')
    expect(lines.filter((line) => /\bs_state\b.*-->|-->.*\bs_state\b(?!_)/.test(line))).toEqual([])
    expect(lines).toContain('  s_state__a_2d_b --> s_end: 9')
    expect(lines).toContain('  s_root --> s_state__a_2d_b: 1, 2')
  })
})

describe('the page of a menu', () => {
  it.each(subjects.map(({ menu }) => menu))(
    'of $code has a row for every screen and every effect',
    (menu) => {
      const page = menuPage(menu, 'menu.svg')
      const leaves = leavesOf(menu.machine)
      const rows = page.split('\n').filter((line) => line.startsWith('| `'))
      expect(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1])).toEqual([
        ...leaves.filter((leaf) => !isWorking(leaf)).map(nameOf),
        ...leaves.filter(isWorking).map(nameOf),
      ])
      expect(page).toContain('](menu.svg)')
      expect(page).toContain(mermaidOf(menu))
    },
  )

  it('shows a screen as a phone does, with its octets, and marks what depends on the dialogue', () => {
    const page = menuPage(awkward, 'menu.svg')
    expect(page).toContain('`1 Дальше`<br>124 octets |')
    expect(page).toMatch(/`Счёт 0 \\\| ˋ0ˋ`<br>24 octets † +\|/)
    expect(page).toMatch(/^\| `end` .*\| the end +\|$/m)
    expect(page).toMatch(
      /^\| `state.a-b` .*\| `0`, `7` → `state.a_b`<br>`8` → `state.a-b`<br>`9` → `end` +\|$/m,
    )
  })

  it('is found from the index', () => {
    const index = indexPage(subjects.map(({ menu }) => ({ menu, page: `${menu.machine.id}.md` })))
    expect(index).toMatch(/^\| `\*141\*0#` +\| \[password\]\(password\.md\) +\| 11 +\| `readAccess`, /m)
  })

  it('says that a text cannot be shown without what a dialogue brings', () => {
    const menu = compiled(createMachine({ id: 'x', initial: 'a', states: { a: { type: 'final' } } }), {
      a: inAll(({ items }: { items: string[] }) => items.join()),
    })
    expect(menuPage(menu, 'x.svg')).toContain('| depends on the dialogue |')
    expect(dotOf(menu)).toContain('label=<<B>a</B>>')
  })
})
