import { describe, expect, it } from 'vitest'
import { readDeployOptions } from '../../../src/dev/deploy/deploy-options.ts'

describe('the options of a deployment', () => {
  it('are optional', () => {
    expect(readDeployOptions([])).toEqual({
      ok: true,
      options: { task: 'deploy', environment: 'production', location: null, shards: null },
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

  it('name the task and the environment', () => {
    expect(readDeployOptions(['--dry-run'])).toMatchObject({ options: { task: 'dry-run' } })
    expect(readDeployOptions(['--smoke-test'])).toMatchObject({ options: { task: 'smoke-test' } })
    expect(readDeployOptions(['--env', 'staging'])).toMatchObject({ options: { environment: 'staging' } })
  })

  it.each(['', 'Staging', 'production.example', 'a-b'])(
    'refuse what cannot be part of the names: --env=%s',
    (name) => {
      const fault = '--env must be a short name such as staging.'
      expect(readDeployOptions([`--env=${name}`])).toEqual({ ok: false, fault })
    },
  )

  it.each([
    ['dry-run', 'npm_config_dry_run', 'true'],
    ['env', 'npm_config_env', 'staging'],
    ['smoke-test', 'npm_config_smoke_test', 'true'],
  ])('are refused where npm took one of them for itself: --%s', (option, variable, value) => {
    const fault = `npm took --${option} for itself. Put -- before the options: npm run deploy -- --${option}`
    expect(readDeployOptions([], { [variable]: value })).toEqual({ ok: false, fault })
  })

  it.each([['--locations', 'weur'], ['--location'], ['weur']])('are refused: %s', (...words) => {
    expect(readDeployOptions(words)).toEqual({ ok: false, fault: expect.stringMatching(/./) })
  })
})
