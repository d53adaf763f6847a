import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cutPower, shimIn } from './power-cut.ts'
import { findCompiler } from '../../support/compiler.ts'

const isLinux = process.platform === 'linux'
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'power-cut-test-'))
  if (isLinux) await findCompiler()
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a power cut', () => {
  it('removes unsynced bytes and nothing else', async () => {
    const files = join(folder, 'appendonlydir')
    await mkdir(files)
    const write = (name: string, content: string) => writeFile(join(files, name), content)
    await write('appendonly.aof.1.base.rdb', 'base')
    await write('appendonly.aof.1.incr.aof', 'synced, not synced')
    await write('appendonly.aof.1.incr.aof.synced', '00000000000000000006')
    await write('appendonly.aof.2.incr.aof', 'whole')
    await write('appendonly.aof.2.incr.aof.synced', '00000000000000000099')
    await write('appendonly.aof.3.incr.aof', 'never')
    expect(await cutPower(folder)).toBe(', not synced'.length + 'never'.length)
    const read = (name: string) => readFile(join(files, name), 'utf8')
    expect(await read('appendonly.aof.1.incr.aof')).toBe('synced')
    expect(await read('appendonly.aof.2.incr.aof')).toBe('whole')
    expect(await read('appendonly.aof.3.incr.aof')).toBe('')
    expect(await read('appendonly.aof.1.base.rdb')).toBe('base')
  })

  it('uses a shim that records synced bytes, on Linux', async () => {
    if (!isLinux) return expect(() => shimIn(folder)).toThrow('A power cut needs Linux')
    const file = join(folder, 'some.aof')
    const program = `
      const fs = require('node:fs')
      const fd = fs.openSync(${JSON.stringify(file)}, 'w')
      fs.writeSync(fd, 'first')
      fs.fdatasyncSync(fd)
      fs.writeSync(fd, 'second')`
    const env = { ...process.env, ...shimIn(folder) }
    const child = spawn(process.execPath, ['-e', program], { env, stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(Number(await readFile(`${file}.synced`, 'utf8'))).toBe(5)
    expect(await readFile(file, 'utf8')).toBe('firstsecond')
  })
})
