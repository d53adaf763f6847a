// Loaded by `node --require`: the commands of an installed package must work without a network.
const net = require('node:net')

// oxlint-disable-next-line typescript/unbound-method -- called with the socket below
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const [options] = net._normalizeArgs ? net._normalizeArgs(args[0]?.[0] ? args[0] : args) : args
  const host = options?.host ?? 'localhost'
  if (options?.path === undefined && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    process.stderr.write(`not allowed: a connection to ${host}\n`)
    process.exit(70)
  }
  return connect.apply(this, args)
}
