/** The process of one server. It waits for the specification, listens, and then answers the probe. */
import cluster from 'node:cluster'
import { startProbe } from '../probe.ts'
import type { FromServer } from '../probe.ts'
import { startFloor } from './floor.ts'
import { startOurs, startWorker } from './ours.ts'
import { startPeer } from './peers.ts'
import type { ServerSpec } from './specs.ts'

const send = (message: FromServer) => void process.send?.(message)

const start = (spec: ServerSpec): Promise<string> => {
  switch (spec.kind) {
    case 'ours':
      return startOurs(spec)
    case 'floor':
      return startFloor(spec)
    case 'peer':
      return startPeer(spec)
  }
}

if (cluster.isWorker) await startWorker()
else serveHarness()

function serveHarness(): void {
  process.once('message', (spec) => {
    void start(spec as ServerSpec).then((url) => {
      startProbe(send)
      send({ kind: 'listening', url })
    })
  })
  // The harness has exited.
  process.once('disconnect', () => process.exit(0))
  send({ kind: 'ready' })
}
