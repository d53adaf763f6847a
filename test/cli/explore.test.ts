import { describe, expect, it } from '@jest/globals'
import project, { menus } from '../../menus/index.ts'
import { record } from '../../menus/record.ts'
import { envOf, models } from '../../menus/models.ts'
import { secrets } from '../../menus/self-care.model.ts'
import type { World } from '../../menus/self-care.model.ts'
import type { Services } from '../../src/gateway/effects.ts'
import type { EffectContext } from '../../src/gateway/effects.ts'
import type { Secret } from '../../src/engine/secret.ts'
import { titleOf } from '../../src/exploration/graph.ts'
import { modelSpecsOf } from '../../src/exploration/model-spec.ts'
import { coverageOf } from '../../src/menu-analysis/coverage/coverage.ts'
import { violationMessage, shortest } from '../../src/exploration/violation.ts'
import { command } from '../../src/cli/explore.ts'
import { explore } from '../../src/cli/explore/explore.ts'
import type { ExplorationResult } from '../../src/cli/explore/explore.ts'
import { createSearch, leaksInLog, leaksInStore } from '../../src/cli/explore/leaks.ts'
import { embeddedStore, redisStore } from '../../src/cli/explore/stores.ts'
import type { ExplorationStore } from '../../src/cli/explore/stores.ts'
import { describeViolations, summaryOf } from '../../src/cli/explore/summary.ts'
import { shippedSpec } from '../exploration/menus.ts'
import { executeCommand } from '../support/command.ts'

// Ends what hangs. Speed is not tested.
const HANG_TIMEOUT_MS = 900_000

const run = (...args: readonly string[]) => executeCommand(command, args)
const access = shippedSpec('*141*3*6#')

describe('ussd explore', () => {
  it(
    'finds no violations in a menu, and covers every state and transition',
    async () => {
      const { code, out } = await run('--menu', '*141*0#', '--limit', '1', '--language', 'en')
      expect(out).toMatch(
        /^\*141\*0# +(\d+)\/\1 +100 % +(\d+)\/\2 +100 % +(\d+)\/\3 +100 % +(\d+)\/\4 +100 %$/m,
      )
      expect(out).toMatch(
        /^\d+ paths, .* turns, \d+ texts measured; [1-9].* records and [1-9].* lines of the log searched/m,
      )
      expect(out).toMatch(/^--limit left out:\n {2}\*141\*0#, open: \d+ of \d+ paths per language/m)
      expect(out).toMatch(/\n[1-9]\d* passed, 0 failed\n$/)
      expect(out).not.toContain('Not explored')
      expect(code).toBe(0)
    },
    HANG_TIMEOUT_MS,
  )

  it(
    'rejects invalid options',
    async () => {
      const { code, err } = await run('--menu', '*999#')
      expect(err).toContain('--menu must be one of: *141*0#, *141*3*6#')
      expect(code).toBe(2)
      expect((await run('--limit', 'some')).code).toBe(2)
    },
    HANG_TIMEOUT_MS,
  )

  it(
    'fails if Redis does not answer',
    async () => {
      expect(await run('--redis', 'redis://127.0.0.1:1')).toMatchObject({
        code: 1,
        err: 'explore: Redis at 127.0.0.1:1 does not answer. Check --redis.\n',
      })
    },
    HANG_TIMEOUT_MS,
  )
})

describe('a menu without a model', () => {
  const { specs: explored, missing } = modelSpecsOf(
    { record, codes: { ...menus, '*142#': menus['*141*0#'] } },
    { '*141*0#': models['*141*0#'], '*141*3*6#': models['*141*3*6#'] },
  )
  const result: ExplorationResult<World> = {
    paths: 1,
    passed: 1,
    failed: 0,
    turns: 1,
    measured: 1,
    searched: { records: 1, lines: 1 },
    coverage: ['*141*0#', '*141*3*6#'].map((code) =>
      coverageOf(code, { states: [], transitions: [], guards: [], texts: [] }),
    ),
    violations: [],
    leftOut: [],
    unsteady: [],
  }

  it('is not explored, and the others are', () => {
    expect(missing).toEqual(['*142#'])
    expect(explored.map(({ menu }) => menu.code)).toEqual(['*141*0#', '*141*3*6#'])
  })

  it('is named in the summary, which then does not speak of all menus', () => {
    const summary = summaryOf(result, project, explored, missing)
    expect(summary).toContain('Not explored:\n  *142#: no model. Add one to the models of the project.\n')
    expect(summary).toMatch(/^explored menus /m)
    expect(summary).not.toContain('all menus')
  })
})

describe('an exploration of a faulty gateway', () => {
  /** Explores the menu for access from some origins, with replaced services. */
  async function exploreFaulty(around: (services: Services) => Services, ...origins: readonly string[]) {
    const spec = {
      ...access,
      chains: [],
      origins: access.origins.filter(({ name }) => origins.includes(name)),
    }
    const store = embeddedStore()
    try {
      const { violations, failed } = await explore({
        project,
        specs: [spec],
        languages: ['en'],
        limit: 1,
        seed: 1,
        store,
        envOf,
        wrapServices: around,
        progress: () => undefined,
      })
      expect(failed).toBeGreaterThan(0)
      return { violations, printed: describeViolations(violations, [spec], project.messages.notUnderstood) }
    } finally {
      await store.close()
    }
  }

  const openAccess =
    (then: (call: EffectContext, puk1: Secret) => void) =>
    (services: Services): Services => ({
      ...services,
      async openAccess(input: { puk1: Secret }, call) {
        const outcome: unknown = await services['openAccess']?.(input, call)
        then(call, input.puk1)
        return outcome
      },
    })

  it(
    'prints the shortest dialogue to a wrong screen, as a walkthrough and as a curl script',
    async () => {
      const saysOpen = (services: Services): Services => ({
        ...services,
        readAccess: async () => ({ access: 'open', attemptsLeft: 10 }),
      })
      const { violations, printed } = await exploreFaulty(saysOpen, 'closed by the organisation')
      const [first] = shortest(violations)
      expect(first?.violation.moves.map(titleOf)).toEqual(['dial'])
      expect(printed[0]).toContain(
        '✗ *141*3*6#, screen closedByOrganisation, en: the screen differs: got "Access to self-care is open',
      )
      expect(printed[0]).toContain("title: '*141*3*6# en, closed by the organisation'")
      expect(printed[0]).toContain("dials: '*141*3*6#'")
      expect(printed[0]).toContain('#!/bin/sh')
      expect(printed[0]).toContain('closed-by-organisation')
    },
    HANG_TIMEOUT_MS,
  )

  it(
    'reports a wrong guess that is not counted',
    async () => {
      const forgets = openAccess((call) => call.subscriber.patchSilently({ puk1AttemptsLeft: 10 }))
      const { violations } = await exploreFaulty(forgets, 'closed, 3 attempts left')
      const said = shortest(violations).map(({ violation }) => ({
        message: violationMessage(violation),
        typed: violation.moves.slice(1).map(titleOf),
      }))
      expect(said).toContainEqual({
        message:
          '*141*3*6#, screen wrongPuk1, en: in the end, puk1AttemptsLeft is 10, not 2 (the gateway behaves as modelled)',
        typed: ['1', 'a wrong PUK1'],
      })
    },
    HANG_TIMEOUT_MS,
  )

  it(
    'reports a screen that shows the attempts left before the guess',
    async () => {
      const showsOneMore = (services: Services): Services => ({
        ...services,
        async openAccess(input: { puk1: Secret }, call) {
          const outcome = (await services['openAccess']?.(input, call)) as { attemptsLeft?: number }
          const { attemptsLeft } = outcome
          return attemptsLeft === undefined ? outcome : { ...outcome, attemptsLeft: attemptsLeft + 1 }
        },
      })
      const { violations } = await exploreFaulty(showsOneMore, 'closed, 3 attempts left')
      expect(violations.map(violationMessage).join('\n')).toMatch(
        /screen wrongPuk1, en: the screen differs: got "Wrong PUK1\. Attempts left: 3\./,
      )
    },
    HANG_TIMEOUT_MS,
  )

  it(
    'reports which secret is stored, and where',
    async () => {
      const keeps = openAccess((call, puk1) => call.subscriber.patchSilently({ tariff: puk1.reveal() }))
      const { violations } = await exploreFaulty(keeps, 'closed, 1 attempts left')
      const leaks = shortest(violations.filter(({ invariant }) => invariant === 'no-secret'))
      expect(leaks.map(({ violation }) => violationMessage(violation))).toContainEqual(
        expect.stringMatching(
          /^\*141\*3\*6#, screen \w+, en: a record 'subscriber' in the store contains what was typed as (the right|a wrong) PUK1 \(no secret is shown, stored or logged\)$/,
        ),
      )
      expect(leaks[0]?.violation.moves.length).toBe(3)
    },
    HANG_TIMEOUT_MS,
  )
})

describe('a search for secrets', () => {
  const search = createSearch(access.inputs)

  it('finds inputs, and ignores their digits inside a time or a version', () => {
    expect(search('{"text":"1*90573816"}')).toEqual(['the right PUK1'])
    expect(search('at 1790573816022 in version 0000000090573816')).toEqual([])
    expect(search('x8361940275x quokkas')).toEqual(['letters', '10 digits'])
    expect(search('18361940275')).toEqual(['10 digits'])
    expect(search('9416 80291 37529')).toEqual([])
  })

  it('names the menu and the screen of a line of the log', () => {
    const line = '{"event":"turn","menu":"*141*3*6#","screen":"wrongPuk1","detail":"61840937"}'
    expect(leaksInLog([line, '{"event":"turn"}', 'no JSON 61840937'], search)).toEqual([
      { input: 'a wrong PUK1', where: 'the log', msisdn: undefined, menu: '*141*3*6#', screen: 'wrongPuk1' },
      { input: 'a wrong PUK1', where: 'the log', msisdn: undefined, menu: undefined, screen: undefined },
    ])
  })

  it.each<[string, () => ExplorationStore | Promise<ExplorationStore>]>([
    ['the embedded store', embeddedStore],
    ['Redis', () => redisStore(process.env['TEST_REDIS_URL'] ?? '')],
  ])('finds them in records and in the journal of %s', async (_name, open) => {
    const stored = await open()
    try {
      const { nowMs } = await stored.store.load(1, [])
      await stored.store.commit({
        bucket: 1,
        changes: [
          {
            name: 'session:375291234567:1',
            expectedVersion: undefined,
            write: { kind: 'put', value: `{"typed":"${secrets.puk1}"}` },
          },
        ],
        journal: [`{"typed":"${secrets.wrongPuk1}"}`],
        deadlineMs: nowMs + 5000,
      })
      const { leaks, texts } = await leaksInStore(stored.storedTexts(), search)
      expect(texts).toBe(2)
      expect(leaks.map(({ input, where, msisdn }) => ({ input, where, msisdn }))).toEqual(
        expect.arrayContaining([
          { input: 'the right PUK1', where: "a record 'session' in the store", msisdn: '375291234567' },
          { input: 'a wrong PUK1', where: "a record 'journal' in the store", msisdn: undefined },
        ]),
      )
    } finally {
      await stored.close()
    }
  })

  it('finds one in a record of the embedded store that was deleted since', async () => {
    const stored = embeddedStore()
    const { store } = stored
    const { nowMs } = await store.load(1, [])
    const commit = { bucket: 1, journal: [], deadlineMs: nowMs + 5000 }
    const name = 'session:375291234567:1'
    const written = await store.commit({
      ...commit,
      changes: [{ name, expectedVersion: undefined, write: { kind: 'put', value: secrets.puk1 } }],
    })
    const expectedVersion = written.kind === 'ok' ? written.version : undefined
    await store.commit({ ...commit, changes: [{ name, expectedVersion, write: { kind: 'delete' } }] })
    expect((await leaksInStore(stored.storedTexts(), search)).leaks).toHaveLength(1)
    await stored.close()
  })
})
