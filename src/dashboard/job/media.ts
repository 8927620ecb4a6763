/** The videos and inputs of a job as files of our own host, for a person who has signed in. */
import { Hono } from 'hono'
import type { PageEnv } from '../page-env.ts'
import { streamFile } from '../stream-file.ts'
import { pathOf } from './load.ts'

export const jobMedia = new Hono<PageEnv>()
  .get('/jobs/:id/outputs/:n', (c) => {
    const query = c.req.query('download') === '1' ? '?download=1' : ''
    return streamFile(c, `${pathOf(c)}/outputs/${encodeURIComponent(c.req.param('n'))}${query}`)
  })
  .get('/jobs/:id/inputs/:asset', (c) =>
    streamFile(c, `/v1/assets/${encodeURIComponent(c.req.param('asset'))}/content`),
  )
