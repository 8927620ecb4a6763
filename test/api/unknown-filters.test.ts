import { describe, expect, it } from 'vitest'
import { api, postJob } from '../support/reelhook.ts'

async function errorsOf(query: string): Promise<{ path: string; message: string }[]> {
  const response = await api(`/v1/jobs?${query}`)
  expect(response.status).toBe(422)
  return (await response.json<{ errors: { path: string; message: string }[] }>()).errors
}

const metadata = (count: number) => Array.from({ length: count }, (_, n) => `metadata[k${n}]=v`).join('&')

describe('a filter of the job list', () => {
  it('that is unknown is refused together with every other fault', async () => {
    expect(await errorsOf('stauts=failed&limit=0&metadata[order]=42')).toEqual(
      expect.arrayContaining([
        { path: '', message: 'has unknown parameters: stauts' },
        { path: 'limit', message: expect.any(String) },
      ]),
    )
  })

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'metadata', 'metadata[]'])(
    'named %s is unknown, even if every object inherits that name',
    async (name) => {
      expect(await errorsOf(`${name}=1`)).toEqual([{ path: '', message: `has unknown parameters: ${name}` }])
    },
  )

  it.each([21, 50, 120])('by %i metadata keys is refused: no job has that many', async (count) => {
    expect(await errorsOf(metadata(count))).toEqual([{ path: 'metadata', message: 'takes at most 20 keys' }])
  })

  it('by the largest number of metadata keys is accepted', async () => {
    const all = `status=queued&provider=runware&model=seedance-2.0-mini&limit=100&${metadata(20)}`
    expect((await api(`/v1/jobs?${all}`)).status).toBe(200)
  })

  it('by the same metadata key twice is refused', async () => {
    expect(await errorsOf('metadata[a]=1&metadata[a]=2')).toEqual([
      { path: 'metadata[a]', message: 'is given more than once' },
    ])
  })

  it.each(['a"b', "a'b", 'a\\b', 'a.b', '$', 'a]b', 'é', 'toString'])(
    'by a metadata key can contain any characters: %s',
    async (key) => {
      const { id } = await postJob({ metadata: { [key]: '1' } })
      const response = await api(`/v1/jobs?metadata[${encodeURIComponent(key)}]=1`)
      const { data } = await response.json<{ data: { id: string }[] }>()
      expect(data.map((job) => job.id)).toEqual([id])
    },
  )
})
