import { describe, expect, it } from '@jest/globals'
import project from '../../../menus/index.ts'
import { dialects } from '../../../src/dialects/index.ts'
import { createTurnClassifier } from '../../../src/gateway/turn-identity.ts'
import { keyring } from '../../support/gateway.ts'
import { turnIdOf } from './turn-id.ts'

describe('the id of a turn in the checker', () => {
  it.each(Object.values(dialects))('is that of the gateway: $name', (dialect) => {
    const wire = dialect.formatRequest({
      sessionId: dialect.newSessionId(),
      msisdn: '+375291234567',
      dialled: '*141*3*6#',
      replies: [],
      answers: [],
      beganAtMs: 0,
    })
    const parsed = dialect.parseRequest({
      ...wire,
      query: Object.fromEntries(new URLSearchParams(wire.query)),
    })
    if (parsed.kind !== 'callback') throw new Error('not a callback')
    const number = project.numbering.parse(parsed.callback.msisdn)
    const msisdn = number.kind === 'msisdn' ? number.e164 : ''
    const classifier = createTurnClassifier({ keyring, repeatWithinMs: 0 })
    const turn = classifier.classify({ ...parsed.callback, msisdn }, undefined, 0)
    expect(turnIdOf(dialect, wire, keyring)).toBe('id' in turn ? turn.id : undefined)
    expect(turn.kind).toBe('begin')
  })
})
