import { describe, expect, it } from 'vitest'
import { disablesReceiver, hostAndPathOf } from '../../src/core/delivery.ts'
import {
  disableAfterMs,
  ownFailuresToDisable,
  streakForgottenMs,
} from '../../src/core/schedule/deliveries.ts'

const now = Date.UTC(2026, 0, 10)
const enoughFailures = ownFailuresToDisable

describe('a failing receiver', () => {
  it('is disabled after five days without a success, at the fourth failure of one delivery', () => {
    expect(
      disablesReceiver({ failingSince: now - disableAfterMs, failedAt: now - 1 }, enoughFailures, now),
    ).toBe(true)
    expect(
      disablesReceiver({ failingSince: now - disableAfterMs, failedAt: now - 1 }, enoughFailures + 6, now),
    ).toBe(true)
  })

  it.each([
    ['the first failure was a moment later', now - disableAfterMs + 1, now - 1, enoughFailures],
    ['this delivery has failed fewer than four times', now - 2 * disableAfterMs, now - 1, enoughFailures - 1],
    [
      'the last failure is two days old, so the streak was reset',
      now - disableAfterMs,
      now - streakForgottenMs,
      enoughFailures,
    ],
  ])('is not disabled when %s', (_, failingSince, failedAt, ownFailures) => {
    expect(disablesReceiver({ failingSince, failedAt }, ownFailures, now)).toBe(false)
  })
})

describe('the host of a URL', () => {
  it.each([
    ['https://Caller.Example.com/hook?x=1', 'caller.example.com'],
    ['https://caller.example.com:443/', 'caller.example.com'],
    ['https://caller.example.com:8443/', 'caller.example.com:8443'],
    ['https://[2606:4700::1]/hook', '[2606:4700::1]'],
    ['https://größe.example.com/', 'xn--gre-6ka8i.example.com'],
  ])('of %s is %s', (url, host) => {
    expect(hostAndPathOf(url).host).toBe(host)
  })
})
