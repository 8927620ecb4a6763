import { describe, expect, it } from 'vitest'
import { api, postJob } from '../support/reelhook.ts'

async function errorsOf(query: string): Promise<{ path: string; message: string }[]> {
  const response = await api(`/v1/jobs?${query}`)
  expect(response.status).toBe(422)
  return (await response.json<{ errors: { path: string; message: string }[] }>()).errors
}

const metadata = (count: number) => Array.from({ length: count }, (_, n) => `metadata[k${n}]=v`).join('&')

describe('a filter of the list', () => {
  it('that is spelled wrong is refused beside every other fault, instead of listing everything', async () => {
    expect(await errorsOf('stauts=failed&limit=0&metadata[order]=42')).toEqual(
      expect.arrayContaining([
        { path: '', message: 'knows no filter stauts' },
        { path: 'limit', message: expect.any(String) },
      ]),
    )
  })

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'metadata', 'metadata[]'])(
    'named %s is unknown, though objects inherit some of these',
    async (name) => {
      expect(await errorsOf(`${name}=1`)).toEqual([{ path: '', message: `knows no filter ${name}` }])
    },
  )

  it.each([21, 50, 120])('on %i keys of the metadata is refused: no job has so many', async (count) => {
    expect(await errorsOf(metadata(count))).toEqual([{ path: 'metadata', message: 'takes at most 20 keys' }])
  })

  it('on as many keys as a job may have is answered', async () => {
    const all = `status=queued&provider=runware&model=seedance-2.0-mini&limit=100&${metadata(20)}`
    expect((await api(`/v1/jobs?${all}`)).status).toBe(200)
  })

  it('on one key twice is refused', async () => {
    expect(await errorsOf('metadata[a]=1&metadata[a]=2')).toEqual([
      { path: 'metadata[a]', message: 'is given more than once' },
    ])
  })

  it.each(['a"b', "a'b", 'a\\b', 'a.b', '$', 'a]b', 'é', 'toString'])(
    'on a key of the metadata may hold any characters: %s',
    async (key) => {
      const { id } = await postJob({ metadata: { [key]: '1' } })
      const response = await api(`/v1/jobs?metadata[${encodeURIComponent(key)}]=1`)
      const { data } = await response.json<{ data: { id: string }[] }>()
      expect(data.map((job) => job.id)).toEqual([id])
    },
  )
})
