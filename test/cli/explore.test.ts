import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Services } from '../../src/gateway/effects.ts'
import type { EffectContext } from '../../src/gateway/effects.ts'
import type { Secret } from '../../src/engine/secret.ts'
import { titleOf } from '../../src/exploration/graph.ts'
import { sentenceOf, shortest } from '../../src/exploration/violation.ts'
import { explore } from '../../src/cli/explore/explore.ts'
import { createSearch, leaksInLog } from '../../src/cli/explore/leaks.ts'
import { envOf, subjects } from '../../src/cli/explore/models.ts'
import { describeViolations } from '../../src/cli/explore/violations.ts'
import { runCommand } from '../support/command.ts'
import { openTestStore } from '../support/redis/redis.ts'
import type { TestStore } from '../support/redis/redis.ts'

const run = (...args: readonly string[]) => runCommand('src/cli/explore', args)

describe('npm run explore', () => {
  it('goes through both menus, finds nothing wrong, and touches every state and transition', async () => {
    const { code, out } = await run('--quick')
    expect(out).toMatch(
      /^all menus +(\d+)\/\1 +100 % +(\d+)\/\2 +100 % +(\d+)\/\3 +100 % +(\d+)\/\4 +100 %$/m,
    )
    expect(out).toMatch(/^\d+ paths, .* turns, \d+ texts measured; .* keys and .* lines of the log searched/m)
    expect(out).toMatch(/^--limit left out:\n {2}\*141\*0#, open: \d+ of \d+ in each language/m)
    expect(out).toMatch(/\n[1-9]\d* passed, 0 failed\n$/)
    expect(code).toBe(0)
  }, 180_000)

  it('says what is wrong where it is called wrongly', async () => {
    const { code, err } = await run('--menu', '*999#')
    expect(err).toContain(
      "'--menu <code>' argument '*999#' is invalid. Allowed choices are *141*0#, *141*3*6#.",
    )
    expect(code).toBe(2)
    expect((await run('--limit', 'some')).code).toBe(2)
    const unreachable = await run('--redis', 'redis://127.0.0.1:1')
    expect(unreachable).toMatchObject({ code: 1, err: 'explore: the Redis cannot be reached\n' })
  }, 60_000)
})

describe('an exploration of a gateway that is broken', () => {
  let test: TestStore
  beforeAll(async () => {
    test = await openTestStore()
  })
  afterAll(() => test.close())

  /** The menu for access, from some origins, on a gateway whose services are changed. */
  async function broken(wrapServices: (services: Services) => Services, ...origins: readonly string[]) {
    const subject = subjects['*141*3*6#']
    const some = {
      ...subject,
      chains: [],
      origins: subject.origins.filter(({ name }) => origins.includes(name)),
    }
    const { violations, failed } = await explore({
      subjects: [some],
      languages: ['en'],
      limit: 1,
      seed: 1,
      redis: test,
      envOf,
      wrapServices,
      progress: () => undefined,
    })
    expect(failed).toBeGreaterThan(0)
    return { violations, printed: describeViolations(violations, [some]) }
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

  it('shows with the shortest dialogue that a wrong screen comes, as a walkthrough and as a curl script', async () => {
    const saysOpen = (services: Services): Services => ({
      ...services,
      readAccess: async () => ({ access: 'open', attemptsLeft: 10 }),
    })
    const { violations, printed } = await broken(saysOpen, 'closed by the organisation')
    const [first] = shortest(violations)
    expect(first?.violation.moves.map(titleOf)).toEqual(['dial'])
    expect(printed[0]).toContain(
      '✗ *141*3*6#, screen closedByOrganisation, en: the screen differs: it is "Access to self-care is open',
    )
    expect(printed[0]).toContain("title: '*141*3*6# en, closed by the organisation'")
    expect(printed[0]).toContain("dials: '*141*3*6#'")
    expect(printed[0]).toContain('#!/bin/sh')
    expect(printed[0]).toContain('closed-by-organisation')
  }, 60_000)

  it('shows that a wrong guess is not counted', async () => {
    const forgets = openAccess((call) => call.subscriber.patchSilently({ puk1AttemptsLeft: 10 }))
    const { violations } = await broken(forgets, 'closed, 3 attempts left')
    const said = shortest(violations).map(({ violation }) => ({
      sentence: sentenceOf(violation),
      typed: violation.moves.slice(1).map(titleOf),
    }))
    expect(said).toContainEqual({
      sentence:
        '*141*3*6#, screen wrongPuk1, en: in the end, puk1AttemptsLeft is 10, not 2 (the gateway does what the model does)',
      typed: ['1', 'a wrong PUK1'],
    })
  }, 60_000)

  it('shows that a wrong guess is told with the count from before it', async () => {
    const tellsOne = (services: Services): Services => ({
      ...services,
      async openAccess(input: { puk1: Secret }, call) {
        const opening = (await services['openAccess']?.(input, call)) as { attemptsLeft?: number }
        const { attemptsLeft } = opening
        return attemptsLeft === undefined ? opening : { ...opening, attemptsLeft: attemptsLeft + 1 }
      },
    })
    const { violations } = await broken(tellsOne, 'closed, 3 attempts left')
    expect(violations.map(sentenceOf).join('\n')).toMatch(
      /screen wrongPuk1, en: the screen differs: it is "Wrong PUK1\. Attempts left: 3\./,
    )
  }, 60_000)

  it('shows that a secret is stored, and which', async () => {
    const keeps = openAccess((call, puk1) => call.subscriber.patchSilently({ tariff: puk1.reveal() }))
    const { violations } = await broken(keeps, 'closed, 1 attempts left')
    const leaks = shortest(violations.filter(({ invariant }) => invariant === 'no-secret'))
    expect(leaks.map(({ violation }) => sentenceOf(violation))).toContainEqual(
      expect.stringMatching(
        /^\*141\*3\*6#, screen \w+, en: a record 'subscriber' in the store holds what was typed as (the right|a wrong) PUK1 \(no secret is shown, stored or logged\)$/,
      ),
    )
    expect(leaks[0]?.violation.moves.length).toBe(3)
  }, 60_000)
})

describe('the search for secrets', () => {
  const search = createSearch(subjects['*141*3*6#'].inputs)

  it('finds what was typed, and takes no time or version for it', () => {
    expect(search('{"text":"1*90573816"}')).toEqual(['the right PUK1'])
    expect(search('at 1790573816022 in version 0000000090573816')).toEqual([])
    expect(search('x8361940275x quokkas')).toEqual(['letters', '10 digits'])
    expect(search('18361940275')).toEqual(['10 digits'])
    expect(search('9416 80291 37529')).toEqual([])
  })

  it('says on which screen a line of the log tells one', () => {
    const line = '{"event":"turn","menu":"*141*3*6#","screen":"wrongPuk1","detail":"61840937"}'
    expect(leaksInLog([line, '{"event":"turn"}', 'no JSON 61840937'], search)).toEqual([
      { input: 'a wrong PUK1', where: 'the log', msisdn: undefined, menu: '*141*3*6#', screen: 'wrongPuk1' },
      { input: 'a wrong PUK1', where: 'the log', msisdn: undefined, menu: undefined, screen: undefined },
    ])
  })
})
