import { settings } from '../../src/config.ts'
import { settingDocs } from '../../src/setting-docs.ts'
import type { SettingName } from '../../src/config.ts'
import { code, page, table } from './markdown.ts'

export function settingsPage(): string {
  const rows = settings.map(({ name, byDefault }) => [
    code(name),
    code(byDefault),
    settingDocs[name as SettingName],
  ])
  return page(
    '# Settings',
    'Settings are environment variables. The gateway checks them at start and reports all problems at once. An empty variable counts as unset.',
    table(['Setting', 'Default', 'Description'], rows),
  )
}
