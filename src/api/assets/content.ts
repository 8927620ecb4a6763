/** GET /v1/assets/:id/content: an upload's bytes, for a key or the signed link that a provider is given. */
import { createRoute, z } from '@hono/zod-openapi'
import { extensionOf } from '../../media/sniff/file-type.ts'
import { findAsset, keyOf } from '../../store/jobs/assets.ts'
import { downloadQuery, fileResponses, serveFile } from '../files/serve-file.ts'
import { keyOrLink, linkQuery, onlyWithLinkOrKey } from '../files/signed-link.ts'
import { problem, problemResponse } from '../problems.ts'
import { createRouter } from '../router.ts'

const params = z.object({ id: z.string() })

const content = createRoute({
  method: 'get',
  path: '/{id}/content',
  summary: "An asset's bytes",
  security: keyOrLink,
  description:
    'Opens with an API key. Providers are given a signed link. Answers HEAD, one range or several, and every conditional header of RFC 9110.',
  request: { params, query: linkQuery.extend(downloadQuery.shape) },
  responses: {
    ...fileResponses('*/*'),
    401: problemResponse('Neither a valid key nor a valid link.'),
    404: problemResponse('There is no such asset.'),
    422: problemResponse('Every fault of the query.'),
  },
})

export const assetContentRoutes = createRouter()

assetContentRoutes.use('/:id/content', onlyWithLinkOrKey(params.transform(({ id }) => ({ assetId: id }))))

assetContentRoutes.openapi(content, async (c) => {
  const { id } = c.req.valid('param')
  const asset = await findAsset(c.get('context').db, id)
  if (asset === null) return problem(c, 'not_found', 'There is no such asset.')
  const { createdAt, contentType } = asset
  const fileName = `${id}.${extensionOf(contentType)}`
  const tag = asset.jobId ?? id
  return serveFile(c, { ...asset, key: keyOf(asset), storedAt: createdAt, fileName, tag })
})
