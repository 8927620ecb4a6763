import { describe, expect, it } from 'vitest'
import { newId } from '../../src/core/id.ts'
import {
  eraseAtOf,
  expiryRules,
  inputKey,
  isInput,
  jobPrefix,
  maxRetentionDays,
  objectPrefixes,
  ownerOf,
  uploadKey,
} from '../../src/core/retention.ts'

const days = 24 * 60 * 60 * 1_000
const id = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'

describe('the end of a job', () => {
  it('is so many days after it was settled', () => {
    expect(eraseAtOf({ retention_days: 30 }, 5 * days)).toBe(35 * days)
  })

  it.each([0, undefined])('never comes for one that is kept: %s', (retention_days) => {
    expect(eraseAtOf({ retention_days }, 5 * days)).toBeNull()
  })
})

describe('the objects of a job', () => {
  it.each([
    [undefined, `jobs/${id}/`],
    [0, `jobs/${id}/`],
    [1, `expire-1d/jobs/${id}/`],
    [2, `expire-7d/jobs/${id}/`],
    [7, `expire-7d/jobs/${id}/`],
    [30, `expire-30d/jobs/${id}/`],
    [31, `expire-90d/jobs/${id}/`],
    [366, `expire-1095d/jobs/${id}/`],
    [maxRetentionDays, `expire-3650d/jobs/${id}/`],
  ])('lie, with a retention of %s days, under %s', (retentionDays, prefix) => {
    expect(jobPrefix(id, retentionDays)).toBe(prefix)
  })

  it('are expired by a rule only long after the cron should have erased them', () => {
    for (let retentionDays = 1; retentionDays <= maxRetentionDays; retentionDays++) {
      const rules = expiryRules.filter(({ prefix }) => jobPrefix(id, retentionDays).startsWith(prefix))
      expect(rules).toHaveLength(1)
      // A day from the copy to the end of the job, and the days in which somebody is told of it.
      expect(rules[0]?.afterDays).toBeGreaterThanOrEqual(retentionDays + 1 + 4)
    }
  })

  it('are expired by no rule when the job is kept, and nor is what was uploaded', () => {
    for (const { prefix } of expiryRules) {
      for (const key of [jobPrefix(id), uploadKey(newId('asset'))]) expect(key.startsWith(prefix)).toBe(false)
    }
  })

  it('are found by a prefix, each by one alone', () => {
    const keys = [...[0, 1, 5, 400].map((kept) => `${jobPrefix(id, kept)}0.mp4`), uploadKey(newId('asset'))]
    for (const key of keys) expect(objectPrefixes.filter((prefix) => key.startsWith(prefix))).toHaveLength(1)
  })

  it('are told apart from what came in its request', () => {
    expect(isInput(inputKey(jobPrefix(id, 30), newId('asset')))).toBe(true)
    expect(isInput(`${jobPrefix(id, 30)}0.mp4`)).toBe(false)
  })
})

describe('whose an object is', () => {
  it('is told by its key', () => {
    const assetId = newId('asset')
    for (const kept of [0, 7]) {
      expect(ownerOf(`${jobPrefix(id, kept)}0.mp4`)).toEqual({ jobId: id })
      expect(ownerOf(inputKey(jobPrefix(id, kept), assetId))).toEqual({ jobId: id })
    }
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
    `expire-d/jobs/${id}/0.mp4`,
    'assets/logo.png',
    'assets/asset_01kbk6v3x6f9ja8c6mphr3z4aw/copy',
  ])("is nobody's of ours: %s", (key) => {
    expect(ownerOf(key)).toBeNull()
  })
})
