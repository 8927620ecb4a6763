import { describe, expect, it } from 'vitest'
import { readDeployOptions } from '../../../src/dev/deploy/deploy-options.ts'

describe('the options of a deployment', () => {
  it('are optional', () => {
    expect(readDeployOptions([])).toEqual({
      ok: true,
      options: { isDryRun: false, location: null, shards: null },
    })
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

  it.each([['--shards', '4'], ['--shards=4']])('set the number of databases: %s', (...words) => {
    expect(readDeployOptions(words)).toMatchObject({ options: { shards: 4 } })
  })

  it.each([['--shards', '3'], ['--shards='], ['--shards', '16']])(
    'name the numbers of databases if there is no such number: %s',
    (...words) => {
      const fault = '--shards must be one of 1, 2, 4, 8.'
      expect(readDeployOptions(words)).toEqual({ ok: false, fault })
    },
  )

  it.each([['--locations', 'weur'], ['--location'], ['weur']])('are refused: %s', (...words) => {
    expect(readDeployOptions(words)).toEqual({ ok: false, fault: expect.stringMatching(/./) })
  })
})
