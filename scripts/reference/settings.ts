import { settings } from '../../src/config.ts'
import { settingDocs } from '../../src/setting-docs.ts'
import type { SettingName } from '../../src/config.ts'
import { code, page } from './markdown.ts'

export function settingsPage(): string {
  const sections = settings.flatMap(({ name, byDefault }) => [
    `## ${name}`,
    settingDocs[name as SettingName],
    byDefault === '' ? '' : `Default: ${code(byDefault)}.`,
  ])
  return page(
    '# Settings',
    'Settings are environment variables. The gateway checks them at start and reports all problems at once. An empty variable counts as unset.',
    ...sections,
  )
}
