import { expect, it } from 'vitest'
import { api } from '../support/reelhook.ts'

it('a filter that is spelled wrong is refused beside every other fault, instead of listing everything', async () => {
  const response = await api('/v1/jobs?stauts=failed&limit=0&metadata[order]=42')
  expect(response.status).toBe(422)
  const { errors } = await response.json<{ errors: { path: string; message: string }[] }>()
  expect(errors).toEqual(
    expect.arrayContaining([
      { path: '', message: 'knows no filter stauts' },
      { path: 'limit', message: expect.any(String) },
    ]),
  )
})
