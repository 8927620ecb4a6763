import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { models, sellerNames } from '../src/core/request/choices.ts'

const required = {
  PUBLIC_BASE_URL: 'https://reelhook.example.com',
  SIGNING_SECRET: 'a signing secret of thirty-two characters',
  ADMIN_API_KEY: 'the-admin-key-of-the-tests',
}

function faultsWith(environment: Record<string, unknown>): string[] {
  const result = readConfig({ ...required, ...environment })
  return result.ok ? [] : result.faults
}

describe('the configuration', () => {
  it('needs three settings', () => {
    expect(faultsWith({})).toEqual([])
  })

  it('reads a blank setting as unset', () => {
    const names = [
      'RUNWARE_MAX_CONCURRENT',
      'CRUN_USD_PER_CREDIT',
      'PROVIDER_ORDER',
      'RETENTION_DAYS',
      'PRUNE_AFTER_DAYS',
    ]
    expect(faultsWith(Object.fromEntries(names.map((name) => [name, ''])))).toEqual([])
  })

  it('takes "none" as no key of a provider, since a form may require an answer', () => {
    const result = readConfig({ ...required, RUNWARE_API_KEY: 'none', CRUN_API_KEY: 'key' })
    expect(result.ok && Object.keys(result.config.accounts)).toEqual(['crun', 'simulator'])
  })

  it.each([
    ['1', 1],
    ['20', 20],
  ])('takes %j as a limit of running tasks', (value, limit) => {
    const result = readConfig({ ...required, CRUN_MAX_CONCURRENT: value })
    expect(result).toMatchObject({ ok: true, config: { limits: { crun: limit, runware: undefined } } })
  })

  it('takes a list of providers with spaces', () => {
    const result = readConfig({ ...required, PROVIDER_ORDER: ' crun , runware,' })
    expect(result).toMatchObject({ ok: true, config: { providerOrder: ['crun', 'runware'] } })
  })

  it.each([
    [undefined, 'all'],
    ['', 'all'],
    ['*', 'all'],
    ['order, team', ['order', 'team']],
    ['off', []],
  ])('reads INDEXED_METADATA=%j as %j', (value, indexedMetadata) => {
    const result = readConfig({ ...required, INDEXED_METADATA: value })
    expect(result).toMatchObject({ ok: true, config: { indexedMetadata } })
  })
})

describe('MODEL_ALIASES', () => {
  it.each([
    [undefined, { 'sora-2': 'seedance-2.0-fast', 'sora-2-pro': 'seedance-2.0' }],
    ['', { 'sora-2': 'seedance-2.0-fast', 'sora-2-pro': 'seedance-2.0' }],
    [' Sora-2 = seedance-2.0-mini ,', { 'sora-2': 'seedance-2.0-mini' }],
  ])('%j names models', (value, aliases) => {
    const result = readConfig({ ...required, MODEL_ALIASES: value })
    expect(result.ok && Object.fromEntries(result.config.modelAliases)).toEqual(aliases)
  })

  it('names every wrong pair', () => {
    expect(
      faultsWith({
        MODEL_ALIASES: 'sora-2=seedance-2.0,veo=veo-3,=seedance-2.0,sora,SORA-2=seedance-2.0-fast',
      }),
    ).toEqual([
      `MODEL_ALIASES has "veo=veo-3", which must be an alias, "=" and one of ${models.join(', ')}`,
      expect.stringContaining('has "=seedance-2.0"'),
      expect.stringContaining('has "sora"'),
      'MODEL_ALIASES has the alias of "SORA-2=seedance-2.0-fast" twice',
    ])
  })
})

describe('an invalid configuration', () => {
  it('names every required setting that is missing or blank', () => {
    const faults = ['PUBLIC_BASE_URL is not set', 'SIGNING_SECRET is not set', 'ADMIN_API_KEY is not set']
    expect(readConfig({})).toEqual({ ok: false, faults })
    expect(faultsWith({ PUBLIC_BASE_URL: '', SIGNING_SECRET: '', ADMIN_API_KEY: '' })).toEqual(faults)
  })

  it.each([
    ['PUBLIC_BASE_URL', 'reelhook.example.com', 'must be an http or https URL'],
    ['CRUN_BASE_URL', 'ftp://api.crun.ai', 'must be an http or https URL'],
    ['SIGNING_SECRET', 'short', 'must have at least 32 characters'],
    ['SIGNING_SECRET_PREVIOUS', 'short', 'must have at least 32 characters'],
    ['ADMIN_API_KEY', 'short', 'must have at least 16 characters'],
    ['RUNWARE_MAX_CONCURRENT', 'many', 'must be a whole number, 1 or more'],
    ['RUNWARE_MAX_CONCURRENT', '0', 'must be a whole number, 1 or more'],
    ['RUNWARE_MAX_CONCURRENT', '-1.5', 'must be a whole number, 1 or more'],
    ['RUNWARE_UPLOADS', 'yes', 'must be on or off'],
    ['CRUN_USD_PER_CREDIT', 'cheap', 'must be a number above 0'],
    ['SCENARIO_USD_PER_UNIT', '0', 'must be a number above 0'],
    [
      'PROVIDER_ORDER',
      'crun,nobody,none',
      `must be providers, separated by commas: ${sellerNames.join(', ')}`,
    ],
    ['MAX_OUTPUT_BYTES', '2 GB', 'must be a whole number, 1 or more'],
    ['RETENTION_DAYS', '3651', 'must be a whole number from 0 to 3650'],
    ['PRUNE_AFTER_DAYS', '-1', 'must be a whole number from 0 to 3650'],
    ['RETENTION_DAYS', 'a week', 'must be a whole number from 0 to 3650'],
    ['DNS_CHECK_URL', 'no', 'must be an http or https URL, or off'],
    ['OUTPUT_HOSTS', 'https://runware.ai', 'must be host names, separated by commas'],
    ['OUTPUT_HOSTS', ',', 'must be host names, separated by commas'],
    ['ALLOW_PRIVATE_NETWORK', 'yes', 'must be true or false'],
  ])('says what %s must be instead of %j', (name, value, message) => {
    expect(faultsWith({ [name]: value })).toEqual([`${name} ${message}`])
  })

  const exported = {
    EXPORT_ENDPOINT: 'https://s3.example.com/',
    EXPORT_BUCKET: 'shop-videos',
    EXPORT_ACCESS_KEY_ID: 'an-id',
    EXPORT_SECRET_ACCESS_KEY: 'a-secret',
  }

  it('exports nothing by default, and to a whole target', () => {
    expect(readConfig(required)).toMatchObject({ ok: true, config: { exportTarget: null } })
    const result = readConfig({ ...required, ...exported, EXPORT_PREFIX: 'team/videos-' })
    expect(result).toMatchObject({
      ok: true,
      config: {
        exportTarget: { endpoint: 'https://s3.example.com', region: 'auto', prefix: 'team/videos-' },
      },
    })
  })

  it.each(Object.keys(exported))('names every part that a target with %s alone lacks', (name) => {
    const others = Object.keys(exported).filter((other) => other !== name)
    const only = { [name]: Object.entries(exported).find(([one]) => one === name)?.[1], PROVIDER_ORDER: 'x' }
    expect(faultsWith(only)).toEqual([
      expect.stringContaining('PROVIDER_ORDER must be'),
      ...others.map((other) => `${other} is not set, but ${name} is`),
    ])
  })

  it.each(['EXPORT_REGION', 'EXPORT_PREFIX'])('takes no %s without a target', (name) => {
    expect(faultsWith({ [name]: 'auto' })).toHaveLength(4)
  })

  it.each([
    ['EXPORT_ENDPOINT', 's3.example.com', 'must be an http or https URL'],
    [
      'EXPORT_BUCKET',
      'Shop Videos',
      'must be the name of a bucket: 3 to 63 lowercase letters, digits, dots and hyphens',
    ],
    ...['/videos', 'a/../b', 'a//b', 'videos?', 'ä/'].map((prefix) => [
      'EXPORT_PREFIX',
      prefix,
      'must be folder names of letters, digits, ".", "_" and "-", separated by "/"',
    ]),
  ])('says what %s must be instead of %j, for a target that is whole', (name = '', value, message) => {
    expect(faultsWith({ ...exported, [name]: value })).toEqual([`${name} ${message}`])
  })

  it('never repeats a value', () => {
    const faults = faultsWith({
      ADMIN_API_KEY: 'my-secret',
      SIGNING_SECRET: 'my-secret',
      CRUN_BASE_URL: 'my-secret',
    })
    expect(faults).toHaveLength(3)
    expect(faults.join()).not.toContain('my-secret')
  })
})
