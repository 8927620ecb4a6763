/** `.dev.vars` of `npm start`: real providers beside simulated ones. */
import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import {
  mergeSettings,
  readOwnSettings,
  realProviders,
} from '../../../src/dev/local/settings/own-settings.ts'
import { variablesFor } from '../../../src/dev/local/stage.ts'
import { sellers } from '../../../src/providers/index.ts'

const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(16) }
const base = variablesFor(8787, 'http://127.0.0.1:9000', secrets)

function settingsOf(text: string, fixed = {}) {
  const read = readOwnSettings(text, fixed)
  if (!read.ok) throw new Error(read.faults.join('\n'))
  return { real: realProviders(read.own), merged: mergeSettings(base, read.own) }
}

function faultsOf(text: string, fixed = {}) {
  const read = readOwnSettings(text, fixed)
  return read.ok ? [] : read.faults
}

describe('the settings of .dev.vars', () => {
  it('leave every provider simulated if they are blank', () => {
    const text = 'ADMIN_API_KEY=\nSIGNING_SECRET=\nRUNWARE_API_KEY=\n'
    expect(settingsOf(text)).toEqual({ real: [], merged: base })
  })

  it('replace one simulated provider by the real one, at its own address', () => {
    const { real, merged } = settingsOf('RUNWARE_API_KEY=a-real-key')
    expect(real).toEqual(['runware'])
    const { RUNWARE_BASE_URL: _, ...others } = base
    expect(merged).toEqual({ ...others, RUNWARE_API_KEY: 'a-real-key' })
  })

  it('never send a real key to the simulator, nor a simulated one to a provider', () => {
    const others = sellerNames.filter((name) => name !== 'runware')
    const credentials = others.flatMap((name) => sellers[name].credentials)
    const { real, merged } = settingsOf(credentials.map((name) => `${name}=real`).join('\n'))
    expect(real).toEqual(others)
    // fal publishes its keys at a second address.
    expect(Object.keys(merged).filter((name) => /(BASE|JWKS)_URL$/.test(name))).toEqual([
      'PUBLIC_BASE_URL',
      'RUNWARE_BASE_URL',
    ])
  })

  it('turn the URL guard on with a public address, and keep it off on this machine', () => {
    const publicUrl = { PUBLIC_BASE_URL: 'https://a-b.trycloudflare.com' }
    expect(settingsOf('', publicUrl).merged).not.toHaveProperty('ALLOW_PRIVATE_NETWORK')
    expect(settingsOf('PUBLIC_BASE_URL=http://localhost:8787').merged.ALLOW_PRIVATE_NETWORK).toBe('true')
  })

  it('cannot turn the URL guard off with a public address', () => {
    const fault = ['ALLOW_PRIVATE_NETWORK must not be true while the Worker has a public address']
    expect(faultsOf('PUBLIC_BASE_URL=https://x.example.com\nALLOW_PRIVATE_NETWORK=true')).toEqual(fault)
    expect(faultsOf('ALLOW_PRIVATE_NETWORK=true', { PUBLIC_BASE_URL: 'https://x.example.com' })).toEqual(
      fault,
    )
    expect(faultsOf('ALLOW_PRIVATE_NETWORK=true')).toEqual([])
  })

  it('are refused with all their faults at once', () => {
    const text =
      'RUNWARE_KEY=1\nSCENARIO_SDK_API_KEY=one\nCRUN_BASE_URL=https://crun.example.com\nMAX_OUTPUT_BYTES=much\nADMIN_API_KEY=short'
    expect(faultsOf(text)).toEqual([
      'RUNWARE_KEY is not a setting; the nearest is RUNWARE_API_KEY',
      'CRUN_API_KEY is not set, but CRUN_BASE_URL is',
      'SCENARIO_SDK_API_SECRET is not set, but SCENARIO_SDK_API_KEY is',
      'ADMIN_API_KEY must have at least 16 characters',
      'MAX_OUTPUT_BYTES must be a whole number, 1 or more',
    ])
  })
  it('name another setting only if it is near', () => {
    expect(faultsOf(['BOGUS=1', 'MY_OWN_VARIABLE=1', 'fal_key=1'].join('\n'))).toEqual([
      'BOGUS is not a setting',
      'MY_OWN_VARIABLE is not a setting',
      'fal_key is not a setting; the nearest is FAL_KEY',
    ])
  })
})
