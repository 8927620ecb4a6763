/** GET /v1/assets/:id/content: the bytes of an asset, for an API key or the signed link that a provider gets. */
import { createRoute, z } from '@hono/zod-openapi'
import { extensionOf } from '../../media/sniff/file-type.ts'
import { findAsset, keyOf } from '../../store/assets.ts'
import { downloadQuery, fileResponses, serveFile } from '../files/serve-file.ts'
import { keyOrLink, linkQuery, requireLinkOrKey } from '../files/signed-link.ts'
import { problem } from '../problems.ts'
import { invalidQuery, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'

const params = z.object({ id: z.string() })

const show = createRoute({
  operationId: 'getAssetContent',
  tags: ['Assets'],
  method: 'get',
  path: '/{id}/content',
  summary: 'Download an asset',
  security: keyOrLink,
  description:
    'Opens with an API key. Providers get a signed link. Supports HEAD, a range and every conditional header of RFC 9110. A request for several ranges returns the whole file. So does bytes=0- with a link, up to 512 MB.',
  request: { params, query: linkQuery.extend(downloadQuery.shape) },
  responses: {
    ...fileResponses('*/*'),
    401: problemResponse('The API key or the link is missing or not valid.'),
    404: problemResponse('There is no such asset.'),
    422: invalidQuery,
  },
})

export const assetContentRoutes = createRouter()

assetContentRoutes.use('/:id/content', requireLinkOrKey(params.transform(({ id }) => ({ assetId: id }))))

assetContentRoutes.openapi(show, async (c) => {
  const { id } = c.req.valid('param')
  const asset = await findAsset(c.get('context').dbOf(id), id)
  if (asset === null) return problem(c, 'not_found', 'There is no such asset.')
  const { createdAt, contentType } = asset
  const fileName = `${id}.${extensionOf(contentType)}`
  const tag = asset.jobId ?? id
  return serveFile(c, { ...asset, key: keyOf(asset), storedAt: createdAt, fileName, tag })
})
