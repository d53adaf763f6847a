import { existsSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command.ts'
import { figureOf, harnesses, tableOf, verdictOf } from './harnesses.ts'

describe('npm run verify', () => {
  it('starts programs that exist', () => {
    const programs = harnesses.flatMap(({ args }) => args.filter((arg) => /\.(?:ts|js)$/.test(arg)))
    expect(programs.filter((program) => !existsSync(program))).toEqual([])
  })

  it('prints one line for each harness and the totals', () => {
    const table = tableOf([
      { name: 'chaos', verdict: 'passed', figure: 'double effects 0', seconds: 12.3 },
      { name: 'power-cut', verdict: 'skipped', figure: 'no figure printed', seconds: 1 },
    ])
    expect(table).toEqual([
      '',
      'chaos      passed     12 s  double effects 0',
      'power-cut  skipped     1 s  no figure printed',
      '1 passed, 0 failed, 1 skipped',
    ])
  })

  it('joins the figures of an output', () => {
    const output = 'seed  1\ndouble effects      0\nlost acknowledged   2\n'
    expect(figureOf(output, /^(?:double effects|lost acknowledged) +\d+$/gm)).toBe(
      'double effects 0, lost acknowledged 2',
    )
    expect(figureOf(output, /^never$/gm)).toBe('no figure printed')
  })

  it('fails a harness that exits with 0 but prints no figure', () => {
    expect(verdictOf(0, '3 passed, 0 failed')).toBe('passed')
    expect(verdictOf(0, figureOf('3 times the peak: unknown % of the peak', /^never$/gm))).toBe('failed')
    expect(verdictOf(1, '2 passed, 1 failed')).toBe('failed')
    expect(verdictOf(2, figureOf('', /^never$/gm))).toBe('skipped')
  })

  it('runs one harness and exits with 0', async () => {
    const { code, out } = await runCommand('test/verification/verify', ['dependency-audit'])
    expect(out).toMatch(/^passed dependency-audit: \d+ packages locked, .*, 0 findings/m)
    expect(out).toMatch(/\n1 passed, 0 failed, 0 skipped\n$/)
    expect(code).toBe(0)
  })

  it('rejects an unknown harness', async () => {
    const { code, err } = await runCommand('test/verification/verify', ['chaso'])
    expect(err).toContain("'chaso' is invalid for argument 'names'. Allowed choices are dependency-audit,")
    expect(code).toBe(2)
  })
})
