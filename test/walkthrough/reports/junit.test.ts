import { describe, expect, it } from '@jest/globals'
import { DOMParser, onWarningStopParsing } from '@xmldom/xmldom'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { validateXML } from 'xmllint-wasm'
import { junitOf } from '../../../src/walkthrough/reports/junit.ts'
import { transcriptOf } from '../../../src/walkthrough/reports/transcript.ts'
import {
  HOSTILE,
  latinLetter,
  passwordSet,
  resultOf,
  results,
  resultWithText,
} from '../../support/walk-results.ts'

const schema = readFileSync(new URL('junit.xsd', import.meta.url), 'utf8')
const ranAt = new Date('2026-03-04T05:06:07.891Z')

const parse = (xml: string) =>
  new DOMParser({ onError: onWarningStopParsing }).parseFromString(xml, 'text/xml')
const schemaErrors = async (xml: string) =>
  (await validateXML({ xml, schema })).errors.map(({ message }) => message)

describe('results as JUnit XML', () => {
  const xml = junitOf(results, { ranAt })
  const attribute = (path: string, name: string) =>
    [...parse(xml).getElementsByTagName(path)].map((element) => element.getAttribute(name))

  it('is valid, also for an empty run and hostile text', async () => {
    expect(await schemaErrors(xml)).toEqual([])
    expect(await schemaErrors(junitOf([], { ranAt }))).toEqual([])
    const odd = [
      resultWithText(HOSTILE),
      resultOf({ title: '', steps: [] }),
      resultOf({ title: '\t\n', steps: [] }),
    ]
    expect(await schemaErrors(junitOf(odd, { ranAt }))).toEqual([])
  })

  it('is checked by a schema that detects mistakes', async () => {
    const mistakes: readonly (readonly [string | RegExp, string])[] = [
      [/ failures="\d+"/, ''],
      [' failures="4"', ' failures="some"'],
      ['time="0.041"', 'time="41 ms"'],
      [' timestamp="2026-03-04T05:06:07"', ' timestamp="4 March"'],
      ['<testcase name=', '<testcase title='],
      ['<testcase ', '<testcase status="ok" '],
      ['<system-out>', '<skipped/><system-out>'],
      ['id="1"', 'id="0"'],
      [/<failure message="[^"]*"/, '<failure'],
      [/<properties>.*?<\/properties>/, ''],
      [/(<failure.*?<\/failure>)(<system-out>.*?<\/system-out>)/s, '$2$1'],
      ['<testsuite ', 'text<testsuite '],
      ['</testsuites>', ''],
    ]
    const found = mistakes.map(async ([from, to]) => {
      const broken = xml.replace(from, to)
      expect(broken).not.toBe(xml)
      return [from, (await schemaErrors(broken)).length > 0]
    })
    expect(await Promise.all(found)).toEqual(mistakes.map(([from]) => [from, true]))
  })

  it('has a suite for each script and dialect, with counts and durations', () => {
    expect(attribute('testsuites', 'tests')).toEqual(['7'])
    expect(attribute('testsuites', 'failures')).toEqual(['4'])
    expect(attribute('testsuite', 'name')).toEqual([
      'scripts/walkthroughs/password.yaml',
      'scripts/walkthroughs/access.yaml',
      'scripts/walkthroughs/administrator.yaml',
      'scripts/walkthroughs/access.yaml',
      'scripts/walkthroughs/time-outs.yaml',
    ])
    expect(attribute('property', 'value')).toEqual([
      'africastalking',
      'africastalking',
      'africastalking',
      'hubtel',
      'africastalking',
    ])
    expect(attribute('testsuite', 'tests')).toEqual(['1', '2', '2', '1', '1'])
    expect(attribute('testsuite', 'failures')).toEqual(['0', '2', '1', '1', '0'])
    expect(attribute('testsuite', 'time')).toEqual(['0.041', '0.099', '2.480', '0.012', '0.009'])
    expect(new Set(attribute('testsuite', 'timestamp'))).toEqual(new Set(['2026-03-04T05:06:07']))
    expect(attribute('testcase', 'classname')[0]).toBe('africastalking.scripts.walkthroughs.password')
    expect(attribute('testcase', 'name')[0]).toBe('A subscriber sets a password')
  })

  it('holds the transcript, and all messages in one failure', () => {
    const text = (name: string) => [...parse(xml).getElementsByTagName(name)].map((one) => one.textContent)
    expect(text('system-out')[0]).toBe(`${transcriptOf(passwordSet).join('\n')}\n`)
    expect(text('failure')[0]).toBe(`${transcriptOf(latinLetter).join('\n')}\n`)
    expect(attribute('failure', 'message')).toEqual([
      'the screen differs',
      'access is closed-by-subscriber, not open; closeAccess was performed',
      'self-care answered 200, not 401',
      'the screen differs',
    ])
    expect(attribute('failure', 'type')).toEqual(['screen', 'postcondition', 'status', 'screen'])
  })

  it('parses back for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const result = resultWithText(text)
        const [out] = parse(junitOf([result], { ranAt })).getElementsByTagName('system-out')
        const transcript = `${transcriptOf(result).join('\n')}\n`
        const carried = transcript.replace(/[\ufffe\uffff\p{Cs}]/gu, '\ufffd')
        expect(out?.textContent).toBe(carried)
      }),
    )
  })
})
