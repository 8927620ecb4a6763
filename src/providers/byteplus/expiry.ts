/**
 * `execution_expires_after`: after how many seconds BytePlus gives up a task. It is the only field that takes a value of ours
 * and that the status and the list repeat, so it carries two facts: which submission it is, and whether videos are given,
 * which the price depends on. The task expires, and is not billed, between the deadline of its job and a day later, while
 * Reelhook still takes a late video.
 */
import type { JobRequest } from '../../core/request/request.ts'

export function expiryOf(clientReference: string, request: JobRequest): number {
  const earliest = Math.max(minSeconds, request.deadline_seconds)
  const fingerprint = hash(clientReference) % fingerprints
  // Its last digit is from 2 to 9: a rounded value is not mistaken for one of ours.
  const [tens, even] = [Math.floor(fingerprint / 4), 2 + 2 * (fingerprint % 4)]
  return 10 * (Math.ceil(earliest / 10) + tens) + even + (request.reference_videos.length > 0 ? 1 : 0)
}

/** Only for a value that `expiryOf` made. */
export function hasVideos(expiry: number): boolean {
  return expiry % 2 === 1
}

/** Whether it may be one that `expiryOf` made. A rounded one, a limit or the default is a multiple of ten. */
export function isFingerprint(expiry: number): boolean {
  return expiry % 10 >= 2
}

/** 3,600 to 259,200 are allowed. A value of ours is below the default, which a task has that was made without one. */
export const defaultExpiry = 172_800
const minSeconds = 3_600
/** Four in ten seconds, so they span a day. */
const fingerprints = 34_560

/** FNV-1a of 32 bits: references of one millisecond get different values. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}
