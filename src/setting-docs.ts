import type { SettingName } from './config.ts'

/** The description of each setting, in Markdown. `npm run docs` writes docs/reference/settings.md from it. */
export const settingDocs: Readonly<Record<SettingName, string>> = {
  PORT: 'TCP port to listen on. `0` picks a free port.',
  HOST: 'Address to listen on. Any address except loopback requires `CALLBACK_TOKEN` or `CALLBACK_SIGNATURE_KEYS`.',
  REDIS_URL:
    'Redis server: `redis://user:password@host:6379/0` or `rediss://…`. If neither this nor `REDIS_CLUSTER` is set, the gateway uses the embedded store.',
  REDIS_CLUSTER:
    'Some nodes of a Redis Cluster, comma-separated: `host:port,host:port` or `rediss://user:password@host:port,…`.',
  REDIS_REPLICAS:
    'Number of replicas that must acknowledge a change before it is confirmed, 0 to 5. Use `1` if a failover must lose nothing.',
  SECRETS_KEY:
    'Key for passwords, PUK1 and digests: 32 bytes in base64 (`openssl rand -base64 32`). Required with Redis.',
  SECRETS_KEYS_RETIRED:
    'Earlier values of `SECRETS_KEY`, comma-separated. They still verify secrets, but hash no new ones.',
  SECRETS_KEYS_LOST:
    'Ids of lost keys, comma-separated, 8 hexadecimal digits each. Secrets under these keys are unusable until they are set again.',
  PSEUDONYMS:
    '`on` replaces MSISDNs in key names with keyed pseudonyms. The choice is fixed at the first start of a database. Off by default.',
  CALLBACK_TOKEN:
    'Token that aggregators must send, as Bearer, Basic password or `?token=`. At least 16 characters unless `HOST` is loopback.',
  CALLBACK_SIGNATURE_KEYS:
    'Keys for callback signatures (Standard Webhooks), comma-separated, at least 24 bytes each in base64. A signature under any of them is valid.',
  CALLBACK_ALLOW: 'Addresses and CIDR ranges that may send callbacks, comma-separated. If unset, all may.',
  GET_VARIANT: 'Variant of the `get` dialect: `advanta`, `kemru`, `safaricom` or `crossgate`.',
  ADMIN_TOKEN:
    'Bearer token for `/subscribers`. If unset, the route returns 401. At least 16 characters unless `HOST` is loopback.',
  SIMULATOR: '`on` serves `/handsets` and `/network`. On by default only with the embedded store.',
  SIMULATOR_TARGETS:
    'Applications that simulated phones may call with `?url=`: URL prefixes, comma-separated.',
  DEMO: '`on` registers the demo subscribers. On by default only with the embedded store.',
  NUMBERING:
    'Countries whose numbers are served: ISO codes, comma-separated, or `any`. It may only narrow those of the project.',
  SUBSCRIBERS:
    '`registered` serves numbers with a record only; `anyone` serves every number. It may only narrow what the project says.',
  RECORD_FORMAT:
    'Stored format of sessions and subscribers. Set `json` until the last process of version 0.1 has been replaced.',
  SESSION_IDLE_SECONDS: 'Idle timeout of a dialogue, in seconds.',
  TURN_BUDGET_MS:
    'Time budget of a turn, in milliseconds. When it is used up, the subscriber reads that the service is unavailable.',
  WORKERS: 'Processes that share the port. More than 1 needs Redis.',
  MAX_TURNS_IN_FLIGHT:
    'Maximum number of turns in flight per process. Further turns are rejected with "try again".',
  REPEAT_WITHIN_MS:
    'Duplicate window of dialects that send the latest answer only, in milliseconds: an equal answer within it is a duplicate.',
  WEAK_PASSWORDS: 'How to handle weak passwords: `warn` once, `reject`, or `allow`.',
  LOG_LEVEL:
    'Lowest level to log: `error`, `warn`, `info` (includes one line per turn), `debug` or `silent`.',
}
