import { describe, expect, it } from 'vitest'
import { newId } from '../../src/core/id.ts'
import {
  eraseAtOf,
  inputKey,
  isInput,
  jobPrefix,
  objectPrefixes,
  ownerOf,
  uploadKey,
} from '../../src/core/retention.ts'

const days = 24 * 60 * 60 * 1_000
const id = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'

describe('the time at which a job is erased', () => {
  it('is retention_days after the job was settled', () => {
    expect(eraseAtOf({ retention_days: 30 }, 5 * days)).toBe(35 * days)
  })

  it.each([0, undefined])('is never for retention_days %s', (retention_days) => {
    expect(eraseAtOf({ retention_days }, 5 * days)).toBeNull()
  })
})

describe('the keys of stored objects', () => {
  it('begin with the prefix of their job, or with that of uploads', () => {
    expect(jobPrefix(id)).toBe(`jobs/${id}/`)
    expect(inputKey(id, 'asset_1')).toBe(`jobs/${id}/inputs/asset_1`)
    expect(uploadKey('asset_1')).toBe('assets/asset_1')
  })

  it('each match exactly one of the prefixes that the reconciliation lists', () => {
    const assetId = newId('asset')
    for (const key of [`${jobPrefix(id)}0.mp4`, inputKey(id, assetId), uploadKey(assetId)]) {
      expect(objectPrefixes.filter((prefix) => key.startsWith(prefix))).toHaveLength(1)
    }
  })

  it('distinguish the inputs of a job from its outputs', () => {
    expect(isInput(inputKey(id, newId('asset')))).toBe(true)
    expect(isInput(`${jobPrefix(id)}0.mp4`)).toBe(false)
  })
})

describe('the owner of a stored object', () => {
  it('is read from its key', () => {
    const assetId = newId('asset')
    expect(ownerOf(`${jobPrefix(id)}0.mp4`)).toEqual({ jobId: id })
    expect(ownerOf(inputKey(id, assetId))).toEqual({ jobId: id })
    expect(ownerOf(uploadKey(assetId))).toEqual({ assetId })
  })

  it.each([
    'healthz',
    'jobs/one',
    'jobs/',
    `jobs/${id}`,
    `jobs/${id}/`,
    `jobs/${id}x/0.mp4`,
    `backup/jobs/${id}/0.mp4`,
    `expire-1d/jobs/${id}/0.mp4`,
    'assets/logo.png',
    'assets/asset_01kbk6v3x6f9ja8c6mphr3z4aw/copy',
  ])('is unknown for a key that Reelhook does not write: %s', (key) => {
    expect(ownerOf(key)).toBeNull()
  })
})
