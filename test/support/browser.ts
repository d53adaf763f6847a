import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** Starts a headless Chromium without background network requests. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser({ install: 'allowed' })
  return await chromium.launch({ executablePath, headless: true, args })
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

/** Returns the path of Chromium or Chrome, and installs one if allowed and no prompt is needed. Throws with instructions otherwise. */
async function findBrowser({ install }: { install: 'allowed' | 'no' }): Promise<string> {
  const found = installedBrowser()
  if (found) return found
  if (install === 'allowed') await installChromium()
  const installed = installedBrowser()
  if (installed) return installed
  throw new Error(
    'These tests need a browser: install Chromium or Chrome (apt-get install chromium, dnf install chromium, ' +
      'brew install --cask google-chrome) so that chromium, chromium-browser or google-chrome is on PATH.',
  )
}

const installedBrowser = (): string | undefined =>
  programs.map(onPath).find(Boolean) ?? applications.find(isExecutable)

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function installChromium(): Promise<void> {
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    await run('apt-get', ['update'])
    // Another test may hold the lock of apt.
    const patience = ['-o', 'DPkg::Lock::Timeout=300']
    await run('apt-get', [...patience, 'install', '-y', '--no-install-recommends', 'chromium'])
  } else if (onPath('brew')) {
    await run('brew', ['install', '--cask', 'google-chrome'])
  }
}

/** Runs an installer with its output on stderr. A failure is reported by the caller's check afterwards. */
function run(program: string, installArgs: readonly string[]): Promise<void> {
  console.error(`The tests need a browser and found none; running: ${program} ${installArgs.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1' }
  const child = spawn(program, installArgs, { stdio: ['ignore', 2, 2], env })
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}
