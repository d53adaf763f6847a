import { describe, expect, it } from '@jest/globals'
import { and, assign, createMachine, setup, stateIn } from 'xstate'
import { compileMenu } from '../../../src/engine/menu.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { isWorking, leavesOf, nameOf } from '../../../src/menu-analysis/statechart.ts'
import { begin, reply } from '../../../src/engine/turn.ts'
import { watch } from '../../../src/menu-analysis/coverage/watch.ts'
import { diagramOf } from '../../../src/menu-analysis/diagram/diagram.ts'
import { dotOf } from '../../../src/menu-analysis/diagram/dot.ts'
import { guardText } from '../../../src/menu-analysis/diagram/labels.ts'
import { indexPage, menuPage } from '../../../src/menu-analysis/diagram/page.ts'
import { svgOf } from '../../../src/menu-analysis/diagram/svg.ts'
import { compiled, inAll, runEffectsWith, menusWithOutcomes } from '../../support/machines.ts'

/** A menu with names and texts that need escaping, and with nested states. */
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

const all = [...menusWithOutcomes.map(({ menu }) => menu), awkward]

describe('a diagram', () => {
  it('has one edge between two states, with the labels of all transitions', () => {
    const { edges, initial } = diagramOf(awkward)
    expect(initial).toBe('root')
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

  it('lists the edges of a leaf, its own transitions before those of its parent', () => {
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
  ])('describes guard %#', (guard, text) => {
    expect(guardText(guard)).toBe(text)
  })
})

describe('DOT', () => {
  it.each(all)('of $code renders every state in Graphviz, and is deterministic', async (menu) => {
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

  it('shows the name of an effect, a double border for a final state, and the first line of a screen', () => {
    const dot = dotOf(menusWithOutcomes[1]?.menu ?? awkward)
    expect(dot).toMatch(/"readingAccess" \[shape=ellipse.*<I>readAccess<\/I>/)
    expect(dot).toMatch(/"goodbye" \[shape=box.*peripheries=2.*Доступ не изменён/)
    expect(dot).not.toMatch(/"open" \[.*peripheries/)
    expect(dot).toContain('"closingAccess" -> "accessClosed" [label=" done: closed "]')
    expect(dot).not.toContain('dashed')
  })

  it('draws uncovered states and transitions dashed and red', async () => {
    const watched = watch({ [awkward.code]: awkward })
    const menu = compileMenu(awkward.code, watched.menus[awkward.code] as Menu)
    const { perform } = runEffectsWith({})
    await reply(menu, await begin(menu, 'ru', perform), '1', perform)
    const dot = dotOf(menu, watched.coverage()[0])
    expect(dot).toMatch(/"root" -> "state.a-b" \[label=" 1 "\]/)
    expect(dot).toMatch(/"root" -> "state.a-b" \[label=" 2 ", style=dashed, color="#c62828"/)
    expect(dot).toMatch(/"end" \[.*dashed.*color="#c62828"/)
    expect(dot).not.toMatch(/"root" \[.*dashed/)
    expect(dot).toContain('2 of 4 states and 1 of 9 transitions were covered.')
    expect(await svgOf(dot, 'x')).toContain('stroke-dasharray')
  })

  it('is rejected if it is invalid', async () => {
    await expect(svgOf('digraph {', 'x')).rejects.toThrow(/^Graphviz cannot draw this: /)
  })
})

describe('the page of a menu', () => {
  it.each(menusWithOutcomes.map(({ menu }) => menu))(
    'of $code has a section for every screen and every effect, and embeds the picture',
    (menu) => {
      const page = menuPage(menu, 'menu.svg')
      const leaves = leavesOf(menu.machine)
      const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, name]) => name)
      expect(headings).toEqual([
        ...leaves.filter((leaf) => !isWorking(leaf)).map(nameOf),
        ...leaves.filter(isWorking).map(nameOf),
      ])
      expect(page).toContain('](menu.svg)')
    },
  )

  it('shows the text and size of a screen, and marks texts that depend on the dialogue', () => {
    const page = menuPage(awkward, 'menu.svg')
    expect(page).toMatch(/`1 Дальше` +\| 124 +\|/)
    expect(page).toMatch(/`Счёт 0 \\\| ˋ0ˋ` +\| 24 † +\|/)
    expect(page).toMatch(/^### end\n[^#]*\n\nEnds the dialogue\.$/m)
    expect(page).toMatch(
      /^### state\.a-b\n[^#]*\n- `0`, `7` → `state.a_b`\n- `8` → `state.a-b`\n- `9` → `end`$/m,
    )
  })

  it('is linked from the index', () => {
    const index = indexPage(menusWithOutcomes.map(({ menu }) => ({ menu, page: `${menu.machine.id}.md` })))
    expect(index).toMatch(/^\| `\*141\*0#` +\| \[password\]\(password\.md\) +\| 13 +\| `readAccess`, /m)
  })

  it('names a text that needs the context of a later turn', () => {
    const menu = compiled(createMachine({ id: 'x', initial: 'a', states: { a: { type: 'final' } } }), {
      a: inAll(({ items }: { items: string[] }) => items.join()),
    })
    expect(menuPage(menu, 'x.svg')).toMatch(/\| depends on the dialogue +\| +\|/)
    expect(dotOf(menu)).toContain('label=<<B>a</B>>')
  })
})
