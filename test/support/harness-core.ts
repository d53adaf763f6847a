import shippedProject from '../../menus/index.ts'
import { loadConfig } from '../../src/config.ts'
import { createCore } from '../../src/core.ts'
import type { Core, CoreOptions, CoreSettings } from '../../src/core.ts'

/**
 * Creates the shipped core over the store of a harness, with default settings, the shipped menus and shared key naming.
 * A harness passes only what it replaces.
 */
export function createHarnessCore(
  options: Pick<CoreOptions, 'store' | 'keyring' | 'nodeOf' | 'events' | 'overrides'> & {
    readonly settings?: Partial<CoreSettings>
    readonly project?: CoreOptions['project']
    readonly menus?: CoreOptions['project']['codes']
    readonly kind?: CoreOptions['kind']
  },
): Core {
  const { settings, project = shippedProject, menus = project.codes, kind = 'shared', ...rest } = options
  return createCore({
    ...rest,
    project: { ...project, codes: menus },
    kind,
    settings: { ...loadConfig({}), ...settings },
  })
}
