import { describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command.ts'

describe('npm run cluster', () => {
  it('exits with 2 when there is no Redis', async () => {
    const { code, out, err } = await runCommand('test/verification/cluster', ['kill'], { env: { PATH: '' } })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^cluster: A Redis server is needed: /)
  })
})
