import { describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command.ts'

describe('npm run cluster', () => {
  it('says that it could not be run where there is no Redis, which is neither good nor bad', async () => {
    const { code, out, err } = await runCommand('test/verification/cluster', ['kill'], { env: { PATH: '' } })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^cluster: A Redis server is needed: /)
  })
})
