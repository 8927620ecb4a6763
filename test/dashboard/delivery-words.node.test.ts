/** The words for deliveries and hosts. */
import { describe, expect, it } from 'vitest'
import type { HostView } from '../../src/api/deliveries/hosts.ts'
import { deliveryReasonNames } from '../../src/core/delivery.ts'
import {
  answerInWords,
  hostInWords,
  momentInWords,
  nextInShort,
  nextInWords,
} from '../../src/dashboard/deliveries/words.ts'
import {
  changedFields,
  fieldsOf,
  metadataFault,
  readSubmitted,
} from '../../src/dashboard/endpoints/fields.ts'
import { inUtc } from '../../src/dashboard/form.ts'
import { ownPath } from '../../src/dashboard/own-path.ts'

const nowMs = Date.UTC(2026, 10, 21, 12)
const soon = '2026-11-21T12:04:30.000Z'

describe('an answer', () => {
  it.each([
    [{ status: 200, error: null }, 'HTTP 200'],
    [{ status: 500, error: 'the caller answered 500' }, 'HTTP 500'],
    [{ status: 302, error: 'a redirect is not followed' }, 'HTTP 302: a redirect is not followed'],
    [{ status: null, error: 'it took too long' }, 'No response: it took too long'],
  ])('%j is shown as %s', (attempt, words) => {
    expect(answerInWords(attempt)).toBe(words)
  })
})

describe('what happens next', () => {
  it('is a time in words, or that it is due', () => {
    expect(momentInWords(soon, nowMs)).toBe('in 4 min 30 s')
    expect(momentInWords('2026-11-21T11:00:00.000Z', nowMs)).toBe('now')
    expect(nextInShort({ status: 'pending', reason: null, next_attempt_at: soon }, nowMs)).toBe(
      'in 4 min 30 s',
    )
  })

  it('is nothing for a delivery that has ended, and its host for one that waits', () => {
    expect(nextInShort({ status: 'delivered', reason: null, next_attempt_at: null }, nowMs)).toBe('none')
    const parked = { status: 'pending', reason: 'waiting_for_host', next_attempt_at: null } as const
    expect(nextInShort(parked, nowMs)).toBe('when its host accepts again')
    expect(nextInWords(parked, nowMs)).toContain('once its host accepts deliveries again')
  })

  it('of a failed delivery says what to do, for every reason', () => {
    for (const reason of deliveryReasonNames.filter(
      (name) => !['waiting_for_host', 'sent_now'].includes(name),
    ))
      expect(nextInWords({ status: 'failed', reason, next_attempt_at: null }, nowMs)).toMatch(
        /given up: no further attempt is made\. .+(?:send it again|cannot be sent again|starts again)/,
      )
  })
})

describe('a host in trouble', () => {
  const host: HostView = {
    host: 'hooks.example.com',
    endpoint_id: null,
    api_key_id: 'admin',
    state: 'down',
    failures: 14,
    failing_since: null,
    last_failure_at: null,
    waiting_count: 12,
    next_attempt_at: soon,
  }

  it('that is down is tried with one delivery at a time', () => {
    expect(hostInWords(host, nowMs)).toBe(
      '12 deliveries wait. It is tried with one delivery at a time, next in 4 min 30 s.',
    )
    expect(hostInWords({ ...host, waiting_count: 1, next_attempt_at: null }, nowMs)).toBe(
      '1 delivery waits. It is tried with one delivery at a time, with the next delivery.',
    )
  })

  it('that fails keeps the schedule, and one that is busy has a queue', () => {
    expect(hostInWords({ ...host, state: 'failing', failures: 1, waiting_count: 0 }, nowMs)).toBe(
      '1 failed attempt. Each delivery is tried again on its schedule.',
    )
    expect(hostInWords({ ...host, state: 'busy', waiting_count: 1_200 }, nowMs)).toContain(
      '1,200 deliveries wait.',
    )
  })
})

describe('the form of an endpoint', () => {
  const endpoint = {
    id: 'ep_1',
    url: 'https://hooks.example.com/a',
    description: null,
    event_types: ['job.failed' as const],
    format: 'reelhook' as const,
    metadata: { tenant: '7', 'a=b': 'c' },
    disabled: false,
    disabled_at: null,
    disabled_by: null,
    created_at: soon,
  }
  const submit = (fields: Record<string, string>) => {
    const form = new FormData()
    for (const [name, value] of Object.entries({ url: endpoint.url, event_types: 'job.failed', ...fields }))
      form.append(name, value)
    return readSubmitted(form)
  }

  it('changes nothing that the person left as it was, whatever line breaks the browser sends', () => {
    expect(changedFields(fieldsOf(endpoint), submit({ metadata: 'tenant=7\r\na=b=c' }))).toEqual({})
  })

  it('sends only what was changed, and a secret only if one was typed', () => {
    expect(changedFields(fieldsOf(endpoint), submit({ metadata: 'tenant=8', secret: ' whsec_x ' }))).toEqual({
      metadata: { tenant: '8' },
      secret: 'whsec_x',
    })
  })

  it('names the lines of the filter that are no pair', () => {
    expect(metadataFault('tenant=7\n\ncolor\n=red')).toBe(
      'has a line (3) without a name and "="; has a line (4) without a name and "="',
    )
    expect(metadataFault('')).toBe('')
  })

  it('names a name that the filter has twice', () => {
    expect(metadataFault('tenant=7\ntenant=8')).toBe('has the name tenant twice')
  })
})

describe('a typed moment', () => {
  it('is in UTC, with or without seconds', () => {
    expect(inUtc('2026-11-21T12:00')).toBe('2026-11-21T12:00:00Z')
    expect(inUtc('2026-11-21T12:00:01')).toBe('2026-11-21T12:00:01Z')
    expect(inUtc('2026-11-21T12:00:00+02:00')).toBe('2026-11-21T12:00:00+02:00')
    expect(inUtc('yesterday')).toBe('yesterday')
  })
})

describe('the path to which a form leads back', () => {
  it('is one of ours', () => {
    expect(ownPath('/jobs/job_1?tab=2')).toBe('/jobs/job_1?tab=2')
    for (const path of [
      '',
      '/',
      '//evil.test',
      '/\\evil.test',
      '/\t/evil.test',
      '/.//evil.test',
      'https://evil.test',
    ])
      expect(ownPath(path), path).toBeNull()
  })
})
