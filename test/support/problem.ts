/** Reads the problem (RFC 9457) of a refused request. */
import { expect } from 'vitest'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  request_id: string
  errors?: { path: string; message: string }[]
}

/** Expects the response to be this problem. */
export async function expectProblem(response: Response, status: number, code: string): Promise<Problem> {
  const text = await response.text()
  expect(response.status, text).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem: Problem = JSON.parse(text)
  expect(problem).toMatchObject({
    type: expect.stringMatching(new RegExp(`^https://[^/]+/docs/problems/${code}$`)),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    code,
    request_id: expect.stringMatching(/./),
  })
  return problem
}

/** The paths of the faulty fields, without repetition, sorted. */
export function pathsOf({ errors = [] }: Problem): string[] {
  return [...new Set(errors.map(({ path }) => path))].sort()
}
