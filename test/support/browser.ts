import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { findProgram } from './redis/redis-binary.ts'

/** Starts a headless Chromium without background network requests. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findBrowser(), headless: true, args })
}

// No sandbox, because root cannot use it; no background requests.
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
// Applications that macOS does not put on PATH.
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Returns the path of Chromium or Chrome; installs one if no prompt is needed. Throws with instructions otherwise. */
const findBrowser = (): Promise<string> =>
  findProgram(
    installedBrowser,
    { apt: ['chromium'], brew: ['--cask', 'google-chrome'] },
    'These tests need a browser: install Chromium or Chrome (apt-get install chromium, dnf install chromium, ' +
      'brew install --cask google-chrome) so that chromium, chromium-browser or google-chrome is on PATH.',
  )

function installedBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const onPath = programs.flatMap((program) => folders.map((folder) => join(folder, program)))
  return [...onPath, ...applications].find((file) => existsSync(file))
}
