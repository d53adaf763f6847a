import { join } from 'node:path'

/** The environment of npm with another home folder. What `npm ci` has loaded is taken from its cache. */
export function npmEnvironment(home: string): NodeJS.ProcessEnv {
  const { PATH, npm_config_cache: cache, HOME = '' } = process.env
  return {
    PATH,
    HOME: home,
    npm_config_cache: cache ?? join(HOME, '.npm'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
  }
}
