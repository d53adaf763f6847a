import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { menus } from '../../menus/index.ts'
import { languages } from '../../menus/languages.ts'
import type { Secret } from '../../src/engine/authoring.ts'
import { begin, hasEnded, reply, stateOf } from '../../src/engine/turn.ts'
import type { RunEffect } from '../../src/engine/turn.ts'
import { createModel } from '../../src/exploration/dialogue.ts'
import type { ModelsOf } from '../../src/exploration/model-spec.ts'
import { inputs, safeSpec, shippedSpec } from './menus.ts'
import type { Safe, safe } from './menus.ts'

const named = (name: string) => ({ input: inputs.find((input) => input.name === name) })
const dial = { input: undefined }

describe('a dialogue of the model', () => {
  const model = createModel(safeSpec(), 'en')
  const start = { left: 3, isOpen: false }

  it('returns the kind of input, the effects and the world of every move', () => {
    const played = model.play(start, [dial, named('a wrong number'), named('the right number'), named('1')])
    expect(played.map(({ as, performed, to }) => [as, performed, to.state?.value, to.world])).toEqual([
      ['dialled', [], 'number', start],
      ['secret', ['openSafe'], 'wrong', { left: 2, isOpen: false }],
      ['secret', ['openSafe'], 'opened', { left: 3, isOpen: true }],
    ])
    expect(played[1]?.to.text).toBe('Wrong. Attempts left: 2\n0 Exit')
  })

  it('injects a failing effect', () => {
    const played = model.play(start, [dial, { ...named('the right number'), fails: 'openSafe' }])
    expect(played.at(-1)).toMatchObject({
      performed: ['openSafe'],
      to: { state: { value: 'unavailable' }, world: start, isOver: true },
    })
  })

  it('applies a change by the operator before the turn', () => {
    const change = { name: 'uses up attempts', patch: {}, apply: (world: Safe) => ({ ...world, left: 1 }) }
    const played = model.play(start, [dial, { ...named('a wrong number'), change }])
    expect(played.at(-1)?.to).toMatchObject({ state: { value: 'locked' }, changesLeft: 0 })
  })

  it('starts again in the current world when the code is dialled again', () => {
    const wrong = named('a wrong number')
    const played = model.play(start, [dial, wrong, wrong, wrong, dial])
    expect(played.map(({ to }) => [to.state?.value, to.world.left])).toEqual([
      ['number', 3],
      ['wrong', 2],
      ['wrong', 1],
      ['locked', 0],
      ['number', 0],
    ])
  })

  it('ends when the menu or a text throws', () => {
    const broken = () => {
      throw new RangeError('no such text')
    }
    const faulty = createModel(safeSpec({}, { wrong: { ru: broken, be: broken, en: broken } }), 'be')
    const played = faulty.play(start, [dial, named('a wrong number'), named('1')])
    expect(played.map(({ fault }) => fault)).toEqual([undefined, 'no such text'])
  })

  it('behaves like the engine for any input', async () => {
    const codes = Object.keys(menus) as (keyof typeof menus)[]
    const dialogue = fc.record({
      code: fc.constantFrom(...codes),
      language: fc.constantFrom(...languages),
      at: fc.nat(),
      typed: fc.array(fc.nat(), { maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(dialogue, async ({ code, language, at, typed }) => {
        const spec = shippedSpec(code)
        const origin = spec.origins[at % spec.origins.length]
        if (!origin) return
        const moves = typed.map((each) => ({ input: spec.inputs[each % spec.inputs.length] }))
        const played = createModel(spec, language).play(origin.world, [dial, ...moves])

        let { world } = origin
        // The engine's secrets reveal their text themselves.
        const perform: RunEffect = async ({ name, input }) => {
          const reveal = (secret: Secret) => secret.reveal()
          const modelled = spec.models[name]?.(input, { world, input: reveal })
          world = modelled?.world ?? world
          return modelled?.outcome
        }
        let snapshot = await begin(spec.menu, language, perform)
        const states = [{ ...stateOf(snapshot), understood: true }]
        for (const { input } of moves) {
          if (hasEnded(snapshot)) break
          const next = await reply(spec.menu, snapshot, input?.text ?? '', perform)
          snapshot = next ?? snapshot
          states.push({ ...stateOf(snapshot), understood: next !== undefined })
        }
        expect(played.map(({ to, understood }) => ({ ...to.state, understood }))).toEqual(states)
        expect(played.at(-1)?.to.world).toEqual(world)
      }),
      { numRuns: 300 },
    )
  })
})

// @ts-expect-error -- an effect without a model does not compile
const none: ModelsOf<ReturnType<typeof safe>['machine'], Safe> = {}
const other: ModelsOf<ReturnType<typeof safe>['machine'], Safe> = {
  // @ts-expect-error -- nor does a model of something else
  openSafe: (_input, { world }) => ({ outcome: { isOpen: true }, world }),
}
void [none, other]
