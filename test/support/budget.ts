/** API keys with a monthly budget, and what is used of it. */
import { expect } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from './api-keys.ts'
import { expectProblem, type Problem } from './problem.ts'
import { api } from './reelhook.ts'

/** What a job of `aRequest` may cost at Runware. */
export const jobUsd = 0.18

export interface Budget {
  monthly_budget_usd: number
  spent_usd: number
  remaining_usd: number
  month_ends_at: string
  job_usd?: number
}

export function keyWithBudget(monthly_budget_usd: number, access: Record<string, unknown> = {}) {
  return createApiKey('a key with a budget', { monthly_budget_usd, ...access })
}

export async function budgetOf(key: NewApiKey): Promise<Budget> {
  const response = await api('/v1/api-keys/current', { headers: bearerHeader(key) })
  expect(response.status).toBe(200)
  return (await response.json<{ budget: Budget }>()).budget
}

export async function spentBy(key: NewApiKey): Promise<number> {
  return (await budgetOf(key)).spent_usd
}

export async function acceptedWith(
  key: NewApiKey,
  overrides: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<JobView> {
  const response = await postJobWith(key, overrides, headers)
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

export async function refusedWith(
  key: NewApiKey,
  overrides: Record<string, unknown> = {},
): Promise<Problem & { budget: Budget }> {
  const response = await postJobWith(key, overrides)
  const budget: Budget = (await response.clone().json<{ budget: Budget }>()).budget
  return { ...(await expectProblem(response, 402, 'budget_exceeded')), budget }
}
