/** Loaded into the gateway: reports its memory after garbage collection on request, and exits with the harness. */
process.on('message', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  process.send?.(process.memoryUsage())
})
process.on('disconnect', () => process.exit(0))
