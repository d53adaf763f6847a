import { describe, expect, it } from '@jest/globals'
import { networkDialects } from '../../src/dialects/index.ts'
import { createHandsets } from '../../src/simulator/handset.ts'
import { startGateway } from '../support/running.ts'

const variants = Object.keys(networkDialects('advanta')).filter((name) => name.includes(':'))

describe('a variant of a dialect', () => {
  it('is one of the documented ones', () => {
    expect(variants.toSorted()).toEqual([
      'get:advanta',
      'get:crossgate',
      'get:kemru',
      'get:safaricom',
      'hubtel:programmable',
    ])
  })

  it.each(variants)('%s completes a dialogue between the simulated network and a gateway', async (name) => {
    const [, variant = ''] = name.split(':')
    const gateway = await startGateway(name.startsWith('get:') ? { GET_VARIANT: variant } : {})
    const dialect = networkDialects('advanta')[name]
    if (!dialect) throw new Error(name)
    const handsets = createHandsets({ dialect, callbackUrl: `${gateway.url}/ussd/${dialect.name}` })
    const texts: string[] = []
    for (const typed of ['*141*3*6#', '1', '0']) {
      const result = await handsets.type('+375291234567', typed)
      texts.push(result.kind === 'screen' ? `${result.screen.state} ${result.screen.text}` : result.message)
    }
    expect(texts).toEqual([
      expect.stringMatching(/^waiting Доступ в личный кабинет открыт/),
      expect.stringMatching(/^waiting Закрыть доступ/),
      'ended Доступ не изменён. До свидания',
    ])
    await gateway.close('immediate')
  })
})
