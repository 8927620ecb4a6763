/** The faces need a key, and answer in their own dialect. */
import { expect, it } from 'vitest'
import { url } from './support.ts'

it.each(['/openai/v1/videos', '/openrouter/api/v1/videos', '/mcp'])('%s needs an API key', async (path) => {
  const response = await fetch(url + path, { method: 'POST' })
  expect(response.status).toBe(401)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
  expect(await response.text()).toContain('Authorization: Bearer')
})
