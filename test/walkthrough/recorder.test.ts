import { describe, expect, it } from '@jest/globals'
import { createDigestArgon2 } from '../support/digest-argon2.ts'
import project, { menus } from '../../menus/index.ts'
import { africastalking } from '../../src/dialects/africastalking.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { weakness } from '../../src/services/weak-password.ts'
import { record as definition } from '../../menus/record.ts'
import { readScripts } from '../../src/walkthrough/script/read.ts'
import { createRecorder } from '../../src/walkthrough/recorder.ts'
import type { SubscriberView } from '../../src/walkthrough/run/target.ts'
import { walk } from '../../src/walkthrough/run/runner.ts'
import type { WeaknessOf } from '../../src/walkthrough/script/secrets.ts'
import type { Fixture, Walkthrough } from '../../src/walkthrough/script/walkthrough.ts'
import { writeScript } from '../../src/walkthrough/script/write.ts'
import { inProcessTarget } from '../../src/cli/walk/in-process.ts'
import { startForeignApplication } from '../simulator/foreign-application.ts'

const msisdn = '+375291234567'
const weaknessOf: WeaknessOf = (digits, number) => weakness(digits, { msisdn: number, thisYear: 2026 })

/** Records inputs, pauses in milliseconds, and hang-ups (`undefined`) on a phone. */
async function record(
  fixture: Omit<Fixture, 'msisdn'>,
  inputs: readonly (string | number | undefined)[],
  shownRecord: Partial<SubscriberView> = {},
) {
  const target = await inProcessTarget({ project, argon2: createDigestArgon2(), dialect: africastalking })
  const now = () => target.clock?.now() ?? 0
  await target.gateway?.register({ msisdn, ...fixture })
  const handsets = createHandsets({ ...target.route, now })
  const recorder = createRecorder({
    msisdn,
    record: definition,
    codes: Object.keys(menus),
    weaknessOf,
    now,
    look: async () => {
      const subscriber = await target.gateway?.getSubscriber(msisdn)
      return subscriber && { registrationByPuk1: false, ...subscriber, ...shownRecord }
    },
  })
  for (const input of inputs) {
    if (typeof input === 'number') target.clock?.advance(input)
    else if (input === undefined) {
      handsets.hangUp(msisdn)
      recorder.recordHangUp()
    } else {
      target.clock?.advance(4000)
      const typed = await handsets.type(msisdn, input)
      if (typed.kind === 'screen')
        await recorder.recordInput({ text: input, before: typed.before, after: typed.screen })
    }
  }
  await target.close()
  const walkthrough = recorder.walkthrough()
  return { walkthrough, script: walkthrough ? writeScript(walkthrough) : '' }
}

/** Runs a script on a fresh gateway. */
async function replay(script: string) {
  const read = readScripts(script, 'recorded.yaml', definition)
  if (read.kind !== 'ok') throw new Error(read.problems.map(({ message }) => message).join())
  const target = await inProcessTarget({ project, argon2: createDigestArgon2(), dialect: africastalking })
  const result = await walk(read.walkthroughs[0] as Walkthrough, target, { weaknessOf })
  await target.close()
  return result
}

const DIALOGUES: readonly (readonly [
  string,
  Omit<Fixture, 'msisdn'>,
  readonly (string | number | undefined)[],
])[] = [
  ['setting a password', { language: 'ru' }, ['*141*0#', '80291745', '80291745']],
  [
    'different, weak and rejected passwords',
    { language: 'be' },
    ['*141*0#', '8029', '80291745', '80291746', '147258', '147258', '147258'],
  ],
  ['letters and an empty answer', { language: 'en' }, ['*141*0#', 'qwerty', '', '0']],
  ['closing access', { language: 'ru' }, ['*141*3*6#', '1', '1', '2']],
  [
    'access opened after wrong guesses',
    { language: 'en', access: 'closed-by-subscriber', puk1: '41829375', puk1AttemptsLeft: 4 },
    ['*141*3*6#', '1', '41829376', '4182937', '41829375'],
  ],
  [
    'a locked PUK1',
    { language: 'be', access: 'closed-by-subscriber', puk1: '41829375', puk1AttemptsLeft: 1 },
    ['*141*3*6*1#', '99999999', '*141*3*6*1#'],
  ],
  ['a hang-up and another dial', { language: 'ru' }, ['*141*3*6#', '1', undefined, '*141*3*6#', '0']],
  ['a dialogue left open', { language: 'ru' }, ['*141*0#', '80291745']],
  ['a subscriber who answers too late', { language: 'ru' }, ['*141*0#', 200_000, '80291745', '*141*0#', '0']],
  [
    'access closed by the operator',
    { language: 'ru', access: 'closed-by-operator', closedBecause: 'sim-lost' },
    ['*141*3*6#'],
  ],
]

describe('a recorded dialogue', () => {
  it.each(DIALOGUES)('replays, and holds no secret: %s', async (_case, fixture, inputs) => {
    const { script } = await record(fixture, inputs)
    for (const input of inputs) {
      if (typeof input === 'string' && /^\d{4,}$|^[a-z]+$/.test(input)) expect(script).not.toContain(input)
    }
    expect(script).not.toContain('41829375')
    const result = await replay(script)
    expect(result.steps.flatMap(({ failure }) => failure ?? [])).toEqual([])
    expect(result.postconditions).toEqual([])
    expect(result.verdict).toBe('passed')
  })

  it('has placeholders for PUK1, equal entries and the reason of a weak password', async () => {
    const { script } = await record({ language: 'ru', access: 'closed-by-subscriber', puk1: '41829375' }, [
      '*141*3*6#',
      '1',
      '41829376',
      '41829375',
      '*141*0#',
      '80291',
      '80291',
      '*141*0#',
      '11111',
      '0',
    ])
    expect([...script.matchAll(/secret: '(.*?)'/g)].map(([, secret]) => secret)).toEqual([
      '{{8 digits a}}',
      '{{puk1}}',
      '{{5 digits b}}',
      '{{5 digits b}}',
      '{{6 digits c, repeat}}',
    ])
  })

  it('masks possible secrets on screens that ask for none, and still replays', async () => {
    const { script } = await record({ language: 'ru' }, [
      '*141*3*6#',
      ' 88112233 ',
      '47821',
      '*',
      '1',
      '80293',
      '0',
    ])
    expect(script).not.toMatch(/88112233|47821|80293/)
    expect(script).toContain("sends: { secret: '{{8 digits a}}', asked: false }")
    expect((await replay(script)).verdict).toBe('passed')
  })

  it('replays single keys, and more entries than the alphabet has letters', async () => {
    const entries = Array.from({ length: 28 }, (_, at) => [
      String(80_291_745 + at * 1237),
      String(47_119_283 + at * 4099),
    ])
    const dialogues = entries.flatMap((pair) => ['*141*0#', ...pair, '0'])
    const { script } = await record({ language: 'ru' }, [
      '*141*0#',
      '*',
      '#',
      '0',
      ...dialogues.slice(0, 160),
    ])
    expect(script).toContain('{{8 digits ab')
    expect((await replay(script)).verdict).toBe('passed')
  })

  it('starts with the first dialogue after its start', async () => {
    const target = await inProcessTarget({
      project,
      argon2: createDigestArgon2(),
      dialect: africastalking,
      demo: 'on',
    })
    const handsets = createHandsets(target.route)
    const recorder = createRecorder({
      msisdn,
      record: definition,
      codes: [],
      weaknessOf,
      look: async () => undefined,
    })
    await handsets.type(msisdn, '*141*3*6#')
    for (const text of ['1', '0', '*141*3*6#', '0']) {
      const typed = await handsets.type(msisdn, text)
      if (typed.kind === 'screen')
        await recorder.recordInput({ text, before: typed.before, after: typed.screen })
    }
    await target.close()
    expect(recorder.walkthrough()?.steps.map(({ action }) => action.kind)).toEqual(['dial', 'send'])
  })

  it('has a bare number for a record that a script cannot express', async () => {
    const { script } = await record({ language: 'en' }, ['*141*3*6#', '0'], { language: 'fr_FR' })
    expect(readScripts(script, 'recorded.yaml', definition).kind).toBe('ok')
    expect(script).toContain("subscriber: '+375291234567'")
  })

  it('is undefined before a dial', async () => {
    expect((await record({}, [])).walkthrough).toBeUndefined()
    expect((await record({}, ['12', '*#06#'])).walkthrough).toBeUndefined()
  })

  it('keeps the code and the choices of a dialled string, and drops other digits', async () => {
    const dialled = async (code: string) => {
      const { walkthrough } = await record({ language: 'ru' }, [code])
      const [first] = walkthrough?.steps ?? []
      return first?.action.kind === 'dial' ? first.action.code : undefined
    }
    expect(await dialled('*141*3*6*1#')).toBe('*141*3*6*1#')
    expect(await dialled('*141*0*80291#')).toBe('*141*0#')
    expect(await dialled('*12345678#')).toBeUndefined()
    expect(await dialled('12345678#')).toBeUndefined()
    expect(await dialled('#80293#')).toBeUndefined()
  })

  it('keeps only choices in clear if the application does not mark secrets', async () => {
    const application = await startForeignApplication(() => 'CON Your PIN?')
    const handsets = createHandsets({ dialect: africastalking, callbackUrl: application.url })
    const recorder = createRecorder({
      msisdn,
      record: definition,
      codes: [],
      weaknessOf,
      look: async () => undefined,
    })
    for (const text of ['*384#', '1', '7391', 'abc']) {
      const typed = await handsets.type(msisdn, text)
      if (typed.kind === 'screen')
        await recorder.recordInput({ text, before: typed.before, after: typed.screen })
    }
    await application.close()
    const script = writeScript(recorder.walkthrough() as Walkthrough)
    expect(script).not.toMatch(/7391|abc/)
    expect(script).toContain("sends: '1'")
    expect(script).toContain('{{4 digits a}}')
    expect(script).toContain('{{3 characters b}}')
    expect(script).toContain("subscriber: '+375291234567'")
  })
})
