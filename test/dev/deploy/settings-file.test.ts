import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fillSettings, readSettings } from '../../../src/dev/deploy/settings-file.ts'

const required = [
  'PUBLIC_BASE_URL=https://reelhook.example.com',
  `SIGNING_SECRET=${'s'.repeat(32)}`,
  `ADMIN_API_KEY=${'a'.repeat(16)}`,
]

describe('the settings file', () => {
  it.each([
    { kind: 'dollar signs', line: 'CRUN_API_KEY=a$HOME$b', value: 'a$HOME$b' },
    { kind: 'a quoted #', line: 'CRUN_API_KEY="a # b#c"', value: 'a # b#c' },
    { kind: 'quotes', line: `CRUN_API_KEY='say "hello"'`, value: 'say "hello"' },
    { kind: 'backslashes', line: "CRUN_API_KEY='a\\b\\nc'", value: 'a\\b\\nc' },
    {
      kind: 'line breaks',
      line: 'CRUN_API_KEY="one\nNOT_A_SETTING=\nthree=="',
      value: 'one\nNOT_A_SETTING=\nthree==',
    },
    { kind: 'unicode', line: 'CRUN_API_KEY=clé-鍵-🔑', value: 'clé-鍵-🔑' },
  ])('keeps $kind in a value', ({ line, value }) => {
    expect(readSettings(fileWith(line))).toMatchObject({ ok: true, settings: { CRUN_API_KEY: value } })
  })

  it('has no entry for a blank setting or for a comment', () => {
    const read = readSettings(fileWith('CRUN_API_KEY=', '# RUNWARE_API_KEY=key', '# RUNWARE_API_KEY=other'))
    const settings = read.ok ? Object.keys(read.settings) : read.faults
    expect(settings.toSorted()).toEqual(['ADMIN_API_KEY', 'PUBLIC_BASE_URL', 'SIGNING_SECRET'])
  })

  it.each([
    { line: 'RUNWARE_APIKEY=key', fault: 'RUNWARE_APIKEY is not a setting; the nearest is RUNWARE_API_KEY' },
    {
      line: 'export SIGNING_SECRETS=x',
      fault: 'SIGNING_SECRETS is not a setting; the nearest is SIGNING_SECRET',
    },
    { line: 'crun_api_key=x', fault: 'crun_api_key is not a setting; the nearest is CRUN_API_KEY' },
    { line: 'RETENTION_DAYS=1\nRETENTION_DAYS=2', fault: 'RETENTION_DAYS is set more than once' },
    { line: 'CRUN_API_KEY=\nexport CRUN_API_KEY = key', fault: 'CRUN_API_KEY is set more than once' },
    { line: 'CRUN_API_KEY=abc#def', fault: 'CRUN_API_KEY has a # in its value, which needs quotes' },
    { line: 'ALLOW_PRIVATE_NETWORK=true', fault: 'ALLOW_PRIVATE_NETWORK must not be true' },
  ])('is refused with $line', ({ line, fault }) => {
    expect(readSettings(fileWith(line))).toEqual({
      ok: false,
      faults: [typeof fault === 'string' ? fault : expect.stringMatching(fault)],
    })
  })

  it('may have a comment after a value', () => {
    expect(readSettings(fileWith('CRUN_API_KEY=key # of the team'))).toMatchObject({
      settings: { CRUN_API_KEY: 'key' },
    })
  })

  it('takes .env.production.example with the required settings filled in', () => {
    const example = readFileSync('.env.production.example', 'utf8')
    const filled = required.reduce((text, line) => text.replace(blankOf(line), line), example)
    expect(readSettings(filled)).toMatchObject({ ok: true })
  })

  it('needs no address, which the deployment derives', () => {
    expect(readSettings(required.slice(1).join('\n'))).toMatchObject({ ok: true })
  })

  it('keeps its comments and its values when blank settings are filled in', () => {
    const text = '# The key.\nCRUN_API_KEY=\nRUNWARE_API_KEY=mine\n# RETENTION_DAYS=\n'
    const values = { CRUN_API_KEY: 'a "b" $& # c', RETENTION_DAYS: '3' }
    const filled = fillSettings(text, values)
    expect(filled).toBe(
      '# The key.\nCRUN_API_KEY=\'a "b" $& # c\'\nRUNWARE_API_KEY=mine\n# RETENTION_DAYS=\nRETENTION_DAYS=3\n',
    )
    expect(parseEnv(filled)).toEqual({ ...values, RUNWARE_API_KEY: 'mine' })
  })

  it('is refused with every fault at once', () => {
    expect(readSettings('RUNWARE_APIKEY=key\nSIGNING_SECRET=short')).toEqual({
      ok: false,
      faults: [
        'RUNWARE_APIKEY is not a setting; the nearest is RUNWARE_API_KEY',
        'SIGNING_SECRET must have at least 32 characters',
        'ADMIN_API_KEY is not set',
      ],
    })
  })
})

function fileWith(...lines: string[]): string {
  return [...required, ...lines].join('\n')
}

/** The same setting, blank. */
function blankOf(line: string): RegExp {
  return new RegExp(`^${line.slice(0, line.indexOf('='))}=$`, 'm')
}
