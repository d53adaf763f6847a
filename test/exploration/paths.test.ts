import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { getSimplePaths } from 'xstate/graph'
import { createModel } from '../../src/exploration/dialogue.ts'
import { graphOf, titleOf } from '../../src/exploration/graph.ts'
import { testPathsIn } from '../../src/exploration/paths.ts'
import type { ModelSpec } from '../../src/exploration/model-spec.ts'
import { crossing, safeSpec, shippedSpec, specOf } from './menus.ts'
import type { Safe } from './menus.ts'

const all = { limit: 1_000_000, seed: 0, share: { at: 0, of: 1 } }
const graphFrom = (spec: ModelSpec<Safe>) => graphOf(createModel(spec, 'en'), { left: 3, isOpen: false })

/** Returns the paths of a kind, each as the inputs after the code. */
function typedIn(spec: ModelSpec<Safe>, kind: string, options = all): readonly string[] {
  return testPathsIn(graphFrom(spec), options)
    .paths.filter((path) => path.kind === kind)
    .map(({ moves }) => moves.slice(1).map(titleOf).join(' '))
    .toSorted()
}

describe('the test paths of a menu', () => {
  it('include every simple path, and alternate between equivalent choices', () => {
    // From the start, 2 and 3 are equivalent.
    expect(typedIn(specOf(crossing), 'simple')).toEqual(['0', '1 1', '1 2 0', '1 2 1', '2 0', '3 1'])
  })

  it('match the longest simple paths of XState', () => {
    const paths = getSimplePaths(crossing.machine, {
      events: [{ type: '0' }, { type: '1' }, { type: '2' }],
    }).map(({ steps }) =>
      steps
        .slice(1)
        .map(({ event }) => event.type)
        .join(' '),
    )
    const whole = new Set(
      paths.filter((path) => !paths.some((other) => other.startsWith(`${path} `)) && path !== ''),
    )
    const inputs = ['0', '1', '2'].map((text) => ({ name: text, text }))
    expect(typedIn(specOf(crossing, { inputs }), 'simple')).toEqual([...whole].toSorted())
  })

  it('type all inputs that leave a screen unchanged in one dialogue, and the remaining inputs once', () => {
    const spec = specOf(crossing)
    expect(typedIn(spec, 'stays')).toEqual([
      '1 3 4 5 6 7 8 9 letters the right number a wrong number',
      '2 2 3 4 5 6 7 8 9 letters the right number a wrong number',
      '4 5 6 7 8 9 letters the right number a wrong number',
    ])
    // Back from the left.
    expect(typedIn(spec, 'once')).toEqual(['1 0'])
  })

  it('make each effect fail once on each screen', () => {
    expect(typedIn(safeSpec(), 'failing')).toEqual(['1 1, when openSafe fails', '1, when openSafe fails'])
  })

  it('include a change by the operator where it makes a difference, at most once', () => {
    const changes = [
      { name: 'uses up attempts', patch: {}, apply: (world: Safe) => ({ ...world, left: 1 }) },
      { name: 'looks', patch: {}, apply: (world: Safe) => world },
    ]
    const typed = typedIn(safeSpec({ changes }), 'simple')
    expect(typed.filter((one) => one.includes('looks'))).toEqual([])
    const changed = typed.filter((one) => one.includes('uses up attempts'))
    expect(changed).not.toEqual([])
    // The right number still opens the safe; a wrong one now locks it.
    expect(changed.every((one) => /^(\S.* )?\d, when the operator uses up attempts$/.test(one))).toBe(true)
  })

  it('use every input in every state, for every seed', () => {
    const origin = shippedSpec('*141*3*6#').origins.find(({ name }) => name === 'closed, 2 attempts left')
    const model = createModel(shippedSpec('*141*3*6#'), 'en')
    if (!origin) throw new Error('no such origin')
    const { world } = origin
    const graph = graphOf(model, world)
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const used = new Set<string>()
        for (const { moves } of testPathsIn(graph, { ...all, seed }).paths) {
          let before = ''
          for (const { move, to } of model.play(world, moves)) {
            used.add(`${before} ${titleOf(move)}`)
            before = JSON.stringify(to)
          }
        }
        const nodes = graph.nodes.filter(({ state }) => state.state && !state.isOver)
        const missing = nodes.flatMap(({ state }) =>
          model.subject.inputs
            .filter((input) => !used.has(`${JSON.stringify(state)} ${titleOf({ input })}`))
            .map(({ name }) => name),
        )
        expect(missing).toEqual([])
      }),
      { numRuns: 3 },
    )
  })

  it('depend on the seed alone', () => {
    const typed = (seed: number) => typedIn(specOf(crossing), 'simple', { ...all, seed })
    expect(typed(7)).toEqual(typed(7))
    expect(typed(1)).not.toEqual(typed(0))
  })

  it('exceed the limit only to show something new, and report their total number', () => {
    const model = createModel(shippedSpec('*141*0#'), 'en')
    const world = shippedSpec('*141*0#').origins[0]?.world
    if (!world) throw new Error('no origin')
    const graph = graphOf(model, world)
    const whole = testPathsIn(graph, all)
    expect(whole.paths).toHaveLength(whole.possible)
    const some = testPathsIn(graph, { ...all, limit: 100 })
    expect([some.paths.length, some.possible]).toEqual([100, whole.possible])
    const few = testPathsIn(graph, { ...all, limit: 1 })
    expect(few.paths.length).toBeGreaterThan(1)
    const screens = ({ paths }: typeof whole) =>
      new Set(paths.flatMap(({ moves }) => model.play(world, moves).map(({ to }) => to.state?.value)))
    expect(screens(few)).toEqual(screens(whole))
  })

  it('cover everything when several samplings share them', () => {
    const model = createModel(shippedSpec('*141*3*6#'), 'en')
    const world = shippedSpec('*141*3*6#').origins[1]?.world
    if (!world) throw new Error('no origin')
    const graph = graphOf(model, world)
    const { possible } = testPathsIn(graph, all)
    const taken = [0, 1, 2].flatMap((at) =>
      testPathsIn(graph, { ...all, limit: 120, share: { at, of: 3 } }).paths.map(({ moves }) =>
        moves.map(titleOf).join(),
      ),
    )
    expect(new Set(taken).size).toBe(possible)
  })
})
