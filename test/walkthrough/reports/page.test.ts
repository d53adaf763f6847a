/** The HTML report in a real browser, opened from a file. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { htmlOf } from '../../../src/walkthrough/reports/html.ts'
import type { WalkResult } from '../../../src/walkthrough/run/result.ts'
import { openBrowser } from '../../support/browser.ts'
import { HOSTILE, results, resultWithText } from '../../support/walk-results.ts'

const folder = mkdtempSync(join(tmpdir(), 'walkthroughs-'))
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="80"><rect width="1990" height="60"/></svg>'
const coverage = [{ menu: '*141*0#', summary: '9 of 10 states', svg }]

// It may have to be installed first.
const INSTALL_WITHIN_MS = 300_000
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
}, INSTALL_WITHIN_MS)
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

/** Opens the page of these results, and keeps what it asks for and complains of. */
async function open(
  all: readonly WalkResult[],
  { width, target = 'this process' }: { width: number; target?: string },
) {
  const file = join(folder, 'report.html')
  writeFileSync(file, htmlOf({ results: all, ranAt: new Date('2026-03-04T05:06:07Z'), target, coverage }))
  const page = await browser.newPage({ viewport: { width, height: 800 } })
  const messages: string[] = []
  const requests: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(String(error)))
  page.on('dialog', (dialog) => messages.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(pathToFileURL(file).href)
  return { page, messages, requests, url: pathToFileURL(file).href }
}

const widths = async (page: Page) =>
  await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')

describe('the HTML report in a browser', () => {
  for (const width of [360, 1280]) {
    it(`fits a screen of ${width} px with everything open and sends no other request`, async () => {
      const { page, messages, requests, url } = await open(results, { width })
      await page.evaluate('document.querySelectorAll("details").forEach((one) => (one.open = true))')
      expect(await widths(page)).toEqual([width, width])
      expect(messages).toEqual([])
      expect(requests).toEqual([url])
      await page.close()
    })

    it(`fits a screen of ${width} px with endless words and hostile text`, async () => {
      const long = resultWithText(`${HOSTILE}${'ю'.repeat(300)}`)
      const { page, messages, requests, url } = await open([long], { width, target: 'x'.repeat(400) })
      expect(await widths(page)).toEqual([width, width])
      expect(await page.locator('script, img').count()).toBe(0)
      expect(messages).toEqual([])
      expect(requests).toEqual([url])
      await page.close()
    })
  }

  it('shows failures at once, the expected screen beside the actual one', async () => {
    const { page } = await open(results, { width: 1280 })
    const failed = page.locator('details.failed').first()
    const expected = failed.locator('.expected .phone')
    const shown = failed.locator('.actual .phone')
    expect(await expected.isVisible()).toBe(true)
    expect(await shown.isVisible()).toBe(true)
    expect(await expected.locator('mark').textContent()).toBe('е')
    expect(await shown.locator('mark').textContent()).toBe('e')
    const [left, right] = [await expected.boundingBox(), await shown.boundingBox()]
    expect(left?.y).toBe(right?.y)
    expect((left?.x ?? 0) + (left?.width ?? 0)).toBeLessThan(right?.x ?? 0)
    expect(await page.locator('details:not(.failed) .phone').first().isVisible()).toBe(false)
    await page.close()
  })

  it('opens a walkthrough with the keyboard', async () => {
    const { page } = await open(results, { width: 360 })
    const passed = page.locator('details.passed').first()
    const failures = await page.locator('details.failed').count()
    for (let pressed = 0; pressed <= failures; pressed += 1) await page.keyboard.press('Tab')
    expect(await passed.locator('summary:focus').count()).toBe(1)
    await page.keyboard.press('Enter')
    expect(await passed.locator('.phone').first().isVisible()).toBe(true)
    await page.keyboard.press('Space')
    expect(await passed.locator('.phone').first().isVisible()).toBe(false)
    await page.close()
  })

  it('puts several phones side by side on a wide screen and below each other on a narrow one', async () => {
    for (const [width, isBeside] of [
      [1280, true],
      [360, false],
    ] as const) {
      const { page } = await open(results, { width })
      await page.evaluate('document.querySelectorAll("details").forEach((one) => (one.open = true))')
      const steps = page.locator('.passed .lanes .step')
      expect(await steps.nth(0).locator('.done').innerText()).toBe('alice dials *141*0#')
      expect(await steps.nth(1).locator('.done').innerText()).toBe('bob dials *141*3*6#')
      const [alice, bob] = [await steps.nth(0).boundingBox(), await steps.nth(1).boundingBox()]
      expect(alice?.y === bob?.y).toBe(isBeside)
      await page.close()
    }
  })

  it('blocks an injected image or script', async () => {
    const { page } = await open(results, { width: 360 })
    const blocked = page.waitForEvent('console')
    await page.evaluate('document.body.append(Object.assign(new Image(), { src: "/planted.png" }))')
    expect((await blocked).text()).toMatch(/Content Security Policy/)
    await page.evaluate(
      'document.body.append(Object.assign(document.createElement("script"), { text: "globalThis.ran = 1" }))',
    )
    expect(await page.evaluate('globalThis.ran === undefined')).toBe(true)
    await page.close()
  })
})
