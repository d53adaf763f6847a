import { describe, expect, it } from '@jest/globals'
import { format, inspect } from 'node:util'
import { secretOf } from '../../src/engine/authoring.ts'
import { MASK, Secret } from '../../src/engine/secret.ts'

const secret = new Secret('80291')

describe('a secret', () => {
  it('is readable only through reveal()', () => {
    expect(secret.reveal()).toBe('80291')
  })

  it.each([
    ['as text', String(secret)],
    ['joined to text', ['', secret].join('')],
    ['as JSON', JSON.parse(JSON.stringify({ secret })).secret],
    ['by inspect', inspect(secret)],
    ['by inspect with hidden fields', inspect(secret, { showHidden: true, depth: 9, customInspect: true })],
    ['by a log that formats', format('%s', secret)],
    ['by a log that formats JSON', JSON.parse(format('%j', secret))],
    ['by a log that formats objects', format('%o', secret)],
  ])('is a mask %s', (_how, printed) => {
    expect(printed).toBe(MASK)
  })

  it('stays hidden when custom inspection is off', () => {
    expect(inspect(secret, { customInspect: false, showHidden: true })).not.toContain('80291')
    expect([Object.keys(secret), Object.values(secret), Object.getOwnPropertyNames(secret)]).toEqual([
      [],
      [],
      [],
    ])
  })

  it('is lost in a copy', () => {
    expect(structuredClone(secret)).toEqual({})
    expect(Object.assign({}, secret)).toEqual({})
  })
})

describe('secretOf', () => {
  it('returns the secret of the reply', () => {
    expect(secretOf({ type: 'secret', secret })).toBe(secret)
  })

  it('throws for any other reply', () => {
    expect(() => secretOf({ type: '1' })).toThrow(TypeError)
    expect(() => secretOf({ type: 'text', text: '80291' })).toThrow(/^expected a secret reply, got 'text'$/)
  })
})
