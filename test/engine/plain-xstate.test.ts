/** Compares the engine with an XState actor, and a dialogue in memory with one that is stored after every turn. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { inspect } from 'node:util'
import { createActor, fromPromise, getNextTransitions, waitFor } from 'xstate'
import type { AnyMachineSnapshot } from 'xstate'
import { Secret } from '../../src/engine/authoring.ts'
import type { Reply } from '../../src/engine/authoring.ts'
import type { CompiledMenu } from '../../src/engine/menu.ts'
import { render, screenName } from '../../src/engine/render.ts'
import { begin, reply, restore, stateOf } from '../../src/engine/turn.ts'
import { runEffectsWith, menusWithOutcomes } from '../support/machines.ts'
import type { AnyOutcomes } from '../support/machines.ts'
import { toJson } from '../support/walk.ts'

/** Replies, and the outcomes of effects. */
const dialogues = fc.record({
  typed: fc.array(
    fc.oneof(fc.constantFrom('0', '1', '2', '2', '1', '80291', '12345678', 'abc', ''), fc.string()),
    {
      maxLength: 10,
    },
  ),
  choices: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 12 }),
})

const shownBy = (menu: CompiledMenu, snapshot: AnyMachineSnapshot) => ({
  state: toJson(stateOf(snapshot)),
  status: snapshot.status,
  text: render(menu, snapshot, 'ru'),
})

/** Runs a dialogue in the engine. Returns the first screen and one per reply, `null` for a reply not understood. */
async function byEngine(
  menu: CompiledMenu,
  outcomes: AnyOutcomes,
  { typed, choices }: { typed: readonly string[]; choices: readonly number[] },
  between: (snapshot: AnyMachineSnapshot) => AnyMachineSnapshot,
) {
  const { perform, performed } = runEffectsWith(outcomes, choices)
  let snapshot = between(await begin(menu, 'ru', perform))
  const shown: unknown[] = [shownBy(menu, snapshot)]
  for (const entry of typed) {
    const next = await reply(menu, snapshot, entry, perform)
    if (next) snapshot = between(next)
    shown.push(next ? shownBy(menu, snapshot) : null)
  }
  return { shown, performed: performed.map(({ name }) => name) }
}

/** Runs the same dialogue in an XState actor. */
async function byActor(
  menu: CompiledMenu,
  outcomes: AnyOutcomes,
  { typed, choices }: { typed: readonly string[]; choices: readonly number[] },
) {
  const { perform, performed } = runEffectsWith(outcomes, choices)
  const actors = Object.fromEntries(
    Object.keys(outcomes).map((name) => [
      name,
      fromPromise(({ input }: { input: unknown }) => perform({ name, input })),
    ]),
  )
  const actor = createActor(menu.machine.provide({ actors }), { input: { language: 'ru' } })
  const rested = () =>
    waitFor(actor, (snapshot: AnyMachineSnapshot) => menu.screens[screenName(snapshot.value)] !== undefined)
  actor.start()
  const shown: unknown[] = [shownBy(menu, await rested())]
  for (const entry of typed) {
    const snapshot = await rested()
    const offered = getNextTransitions(snapshot).map(({ eventType }) => eventType)
    const text = entry.trim()
    const event: Reply =
      /^[0-9]$/.test(text) && offered.includes(text)
        ? ({ type: text } as Reply)
        : offered.includes('secret')
          ? { type: 'secret', secret: new Secret(text) }
          : { type: 'text', text }
    if (snapshot.can(event)) {
      actor.send(event)
      shown.push(shownBy(menu, await rested()))
    } else shown.push(null)
  }
  actor.stop()
  return { shown, performed: performed.map(({ name }) => name) }
}

const live = (snapshot: AnyMachineSnapshot) => snapshot

describe.each(menusWithOutcomes.map(({ menu, outcomes }) => ({ code: menu.code, menu, outcomes })))(
  'the menu of $code',
  ({ menu, outcomes }) => {
    it('shows the same screens in an XState actor', async () => {
      await fc.assert(
        fc.asyncProperty(dialogues, async (dialogue) => {
          expect(await byEngine(menu, outcomes, dialogue, live)).toEqual(
            await byActor(menu, outcomes, dialogue),
          )
        }),
        { numRuns: 150 },
      )
    })

    it('shows the same screens when it is stored after every turn', async () => {
      await fc.assert(
        fc.asyncProperty(dialogues, async (dialogue) => {
          const stored = await byEngine(menu, outcomes, dialogue, (snapshot) =>
            restore(menu, toJson(stateOf(snapshot))),
          )
          expect(stored).toEqual(await byEngine(menu, outcomes, dialogue, live))
        }),
        { numRuns: 150 },
      )
    })

    it('never throws for any replies and outcomes', async () => {
      await fc.assert(
        fc.asyncProperty(dialogues, async (dialogue) => {
          const { shown } = await byEngine(menu, outcomes, dialogue, live)
          expect(shown).toHaveLength(dialogue.typed.length + 1)
        }),
        { numRuns: 150 },
      )
    })

    it('keeps no secret in a snapshot', async () => {
      const mark = '7351926408'
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('1', mark, mark.slice(0, 8)), { maxLength: 8 }),
          dialogues,
          async (typed, { choices }) => {
            const { perform } = runEffectsWith(outcomes, choices)
            let snapshot = await begin(menu, 'en', perform)
            for (const entry of typed) {
              snapshot = (await reply(menu, snapshot, entry, perform)) ?? snapshot
              const { context, children, output, error, historyValue } = snapshot
              const left = [
                JSON.stringify(stateOf(snapshot)),
                JSON.stringify(snapshot),
                inspect(
                  { context, output, error, historyValue, children: Object.keys(children) },
                  { depth: 9 },
                ),
              ].join()
              expect(left).not.toContain(mark.slice(0, 8))
            }
          },
        ),
        { numRuns: 150 },
      )
    })
  },
)
