#!/usr/bin/env node
'use strict'
// The program behind `ussd`. Its syntax is that of old versions of Node, which then say what they need.
var required = [20, 19]
var version = process.versions.node.split('.').map(Number)
if (version[0] < required[0] || (version[0] === required[0] && version[1] < required[1])) {
  process.stderr.write(
    'ussd needs Node ' + required.join('.') + ' or newer. This is Node ' + process.versions.node + '.\n',
  )
  process.exitCode = 1
} else {
  void import('./ussd.js')
}
