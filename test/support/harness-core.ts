import { menus as shippedMenus } from '../../menus/index.ts'
import { loadConfig } from '../../src/config.ts'
import { createCore } from '../../src/core.ts'
import type { Core, CoreOptions, CoreSettings } from '../../src/core.ts'

/**
 * The shipped core over a store of the harness: default settings, the shipped menus, key names agreed on as with Redis.
 * What a harness replaces it names.
 */
export function createHarnessCore(
  options: Pick<CoreOptions, 'store' | 'keyring' | 'nodeOf' | 'events' | 'overrides'> & {
    readonly settings?: Partial<CoreSettings>
    readonly menus?: CoreOptions['menus']
    readonly kind?: CoreOptions['kind']
  },
): Core {
  const { settings, menus = shippedMenus, kind = 'shared', ...rest } = options
  return createCore({ ...rest, menus, kind, settings: { ...loadConfig({}), ...settings } })
}
