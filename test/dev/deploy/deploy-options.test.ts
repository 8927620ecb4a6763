import { describe, expect, it } from 'vitest'
import { readDeployOptions } from '../../../src/dev/deploy/deploy-options.ts'

describe('the options of a deployment', () => {
  it('are optional', () => {
    expect(readDeployOptions([])).toEqual({ ok: true, options: { isDryRun: false, location: null } })
  })

  it.each([['--location', 'weur'], ['--location=weur']])('place new resources: %s', (...words) => {
    expect(readDeployOptions(words)).toMatchObject({ options: { location: 'weur' } })
  })

  it.each([['--location', 'europe'], ['--location='], ['--location', 'WEUR']])(
    'name the locations if there is no such location: %s',
    (...words) => {
      const fault = '--location must be one of weur, eeur, apac, oc, wnam, enam.'
      expect(readDeployOptions(words)).toEqual({ ok: false, fault })
    },
  )

  it.each([['--locations', 'weur'], ['--location'], ['weur']])('are refused: %s', (...words) => {
    expect(readDeployOptions(words)).toEqual({ ok: false, fault: expect.stringMatching(/./) })
  })
})
