/** A project whose codes are beyond the shipped ones, through every part that names a code. */
import { afterEach, describe, expect, it } from '@jest/globals'
import { createMachine } from 'xstate'
import { UssdError } from '../../src/engine/errors.ts'
import type { Menu } from '../../src/engine/menu.ts'
import { defineProject } from '../../src/project.ts'
import { explore } from '../../src/cli/explore/explore.ts'
import { embeddedStore } from '../../src/cli/explore/stores.ts'
import { modelSpecsOf } from '../../src/exploration/model-spec.ts'
import { startGateway } from '../support/running.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** A menu that shows its name, then the choice that the dialled string made. */
const menu = (id: string) =>
  ({
    machine: createMachine({
      id,
      initial: 'first',
      states: { first: { on: { 5: 'five', 0: 'bye' } }, five: { type: 'final' }, bye: { type: 'final' } },
    }),
    screens: {
      first: { en: `${id}\n5 Five\n0 Exit`, ru: `Меню ${id}\n5 Пять\n0 Выход` },
      five: { en: `${id}: five`, ru: `${id}: пять` },
      bye: { en: 'Bye', ru: 'Пока' },
    },
  }) satisfies Menu

const codes = {
  '*101#': menu('star'),
  '#144#': menu('hash'),
  '*101…#': menu('prefix'),
  '*1015#': menu('exact'),
}

const projectOf = (table: Readonly<Record<string, ReturnType<typeof menu>>>, latin = false) =>
  defineProject({ languages: ['en', 'ru'], codes: table, latin, services: () => ({}) })

function problemsOf(define: () => unknown): string {
  try {
    define()
    return ''
  } catch (error) {
    return error instanceof UssdError ? error.message : String(error)
  }
}

describe('a project', () => {
  it('lists every bad code with the fix', () => {
    const problems = problemsOf(() =>
      projectOf({ '141': menu('a'), '*101...#': menu('b'), '*1…2#': menu('c') }),
    )
    const fix = 'use *141#, *141*0# or #144#, or *101…# for all numbers that begin with 101'
    expect(problems).toContain(`codes: '141' is not a code; ${fix}`)
    expect(problems).toContain(
      "codes: '*101...#' is not a code; write the one character … (U+2026): '*101…#'",
    )
    expect(problems).toContain(`codes: '*1…2#' is not a code; ${fix}`)
  })

  it('does not start if a code with # and a Latin form could be meant by one string', () => {
    expect(problemsOf(() => projectOf({ '#144#': menu('a'), '*144*1#': menu('b') }, true))).toContain(
      "codes: '#144#' and the Latin form of '*144*1#' can be the same dialled string; remove latin or one of the codes",
    )
    expect(problemsOf(() => projectOf({ '#144#': menu('a'), '*144*1#': menu('b') }))).toBe('')
    expect(problemsOf(() => projectOf({ '#144#': menu('a'), '*145#': menu('b') }, true))).toBe('')
  })

  it('serves codes with #, digit prefixes and exact codes beside each other', async () => {
    const gateway = await startGateway({}, { project: projectOf(codes) })
    closing.push(() => gateway.close('immediate'))
    await gateway.subscribers.put('+375291234567', { language: 'en' })
    const dial = async (serviceCode: string) =>
      (await gateway.call({ sessionId: serviceCode, serviceCode })).body
    expect(await dial('*101#')).toBe('CON star\n5 Five\n0 Exit')
    expect(await dial('*101*5#')).toBe('END star: five')
    expect(await dial('#144#')).toBe('CON hash\n5 Five\n0 Exit')
    expect(await dial('#144*5#')).toBe('END hash: five')
    expect(await dial('*1015#')).toBe('CON exact\n5 Five\n0 Exit')
    expect(await dial('*1015*5#')).toBe('END exact: five')
    // 55 is no choice of the first screen.
    expect(await dial('*10155#')).toContain('prefix\n5 Five')
    expect(await dial('#101#')).toMatch(/^END /)
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toContain('menu="*101…#"')
    expect(metrics).toContain('menu="#144#"')
  })

  it('shows *…# in Latin letters only if it says so', async () => {
    for (const latin of [true, false]) {
      const gateway = await startGateway({}, { project: projectOf({ '*101#': menu('star') }, latin) })
      closing.push(() => gateway.close('immediate'))
      await gateway.subscribers.put('+375291234567', { language: 'ru' })
      const { body } = await gateway.call({ serviceCode: '#101#' })
      if (latin) expect(body).toBe('CON Menyu star\n5 Pyat\n0 Vykhod')
      else expect(body).toMatch(/^END /)
    }
  })

  it('is explored from the first screen of each menu', async () => {
    const project = projectOf(codes)
    const model = {
      models: {},
      origins: [{ name: 'anybody', world: undefined }],
      inputs: ['0', '5', '7'].map((text) => ({ name: text, text })),
      changes: [],
      fixture: () => ({}),
      record: () => ({}),
    }
    const { specs } = modelSpecsOf(
      project,
      Object.fromEntries(Object.keys(codes).map((code) => [code, model])),
    )
    const store = embeddedStore()
    const lines: string[] = []
    const { languages } = project
    const progress = (line: string) => void lines.push(line)
    const result = await explore({ project, specs, languages, limit: 10, seed: 1, store, progress })
    expect(result).toMatchObject({ failed: 0, violations: [] })
    expect(result.coverage.map(({ code }) => code)).toEqual(Object.keys(codes))
    for (const { states } of result.coverage) expect(states.every(({ touched }) => touched)).toBe(true)
    await store.close()
  })
})
