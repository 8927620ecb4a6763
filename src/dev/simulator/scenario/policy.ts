/** CloudFront's custom policy: JSON in base64, with `-_~` instead of `+=/`. */

import { z } from 'zod'

const SECOND_MS = 1000

export function writePolicy(resource: string, expiresAt: number): string {
  const condition = { DateLessThan: { 'AWS:EpochTime': Math.floor(expiresAt / SECOND_MS) } }
  const text = JSON.stringify({ Statement: [{ Resource: resource, Condition: condition }] })
  return btoa(text).replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~')
}

/** When the policy expires. Its signature must be verified first. */
export function expiryOfPolicy(text: string): number {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/')
  const [statement] = policy.parse(JSON.parse(atob(base64))).Statement
  return statement.Condition.DateLessThan['AWS:EpochTime'] * SECOND_MS
}

const policy = z.object({
  Statement: z.tuple([
    z.object({ Condition: z.object({ DateLessThan: z.object({ 'AWS:EpochTime': z.int() }) }) }),
  ]),
})
