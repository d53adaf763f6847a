import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import express, { Router } from 'express'
import request from 'supertest'
import { UssdError } from '../../src/engine/errors.ts'
import { failureRoute } from '../../src/http/failures.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { startGateway } from '../support/running.ts'

afterEach(() => void jest.restoreAllMocks())

describe('failureRoute', () => {
  it('closes the connection and reports the error when the response has begun, and prints nothing', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => {})
    const reported: UssdError[] = []
    const router = Router().get('/', (_request, response) => {
      response.write('begun')
      throw new Error('typed 80291')
    })
    // Express prints nothing where NODE_ENV is test.
    const app = express()
      .set('env', 'production')
      .use(router)
      .use(failureRoute((fault) => void reported.push(fault)))
    await expect(request(app).get('/')).rejects.toThrow('aborted')
    expect(reported.map(({ code }) => code)).toEqual(['USSD_UNEXPECTED'])
    expect(printed).not.toHaveBeenCalled()
  })

  it('limits the log lines of repeated failures', async () => {
    const requests = 200
    let log = ''
    const logStream = new PassThrough().on('data', (chunk: Buffer) => void (log += chunk.toString()))
    const store = { ...createMemoryStore(), load: () => Promise.reject(new Error('a bug of the store')) }
    const gateway = await startGateway({ CALLBACK_TOKEN: 'sesame' }, { store, logStream })
    const login = () =>
      fetch(`${gateway.url}/self-care/sessions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ msisdn: '+375291234567', password: '80291' }),
      })
    for (let sent = 0; sent < requests; sent++) expect((await login()).status).toBeGreaterThanOrEqual(500)
    await gateway.close('immediate')

    const failed = log
      .split('\n')
      .filter((line) => line.includes('"request.failed"'))
      .map((line) => JSON.parse(line) as { suppressed?: number })
    expect(failed.length).toBeLessThan(requests / 2)
    const suppressed = failed.map((line) => line.suppressed ?? 0).reduce((sum, lines) => sum + lines)
    expect(failed.length + suppressed).toBe(requests)
  })
})
