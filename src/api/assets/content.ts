/** GET /v1/assets/:id/content/:name: the bytes of an asset, for an API key or the signed link that a provider gets. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sees } from '../../core/access.ts'
import { assetFileName } from '../../media/signed-links.ts'
import { findAsset, keyOf } from '../../store/assets.ts'
import { downloadQuery, fileNameParam, fileResponses, serveFile } from '../files/serve-file.ts'
import { keyOrLink, linkQuery, requireLinkOrKey, viewerOf } from '../files/signed-link.ts'
import { problem } from '../problems.ts'
import { invalidQuery, problemResponse } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'

const params = z.object({ id: z.string() })
const namedParams = params.extend({ name: fileNameParam('paper-boat.png') })

const operation = {
  tags: ['Assets'],
  method: 'get' as const,
  security: keyOrLink,
  responses: {
    ...fileResponses(['*/*']),
    401: problemResponse('The API key or the link is missing or not valid.'),
    404: problemResponse('There is no such asset, or it has another name.'),
    422: invalidQuery,
  },
}
const query = linkQuery.extend(downloadQuery.shape)

const show = createRoute({
  ...operation,
  operationId: 'getAssetContent',
  path: '/{id}/content',
  summary: 'Download an asset by its id',
  description: 'For an API key: the file that getAssetFile returns, without its name.',
  request: { params, query },
})

const showNamed = createRoute({
  ...operation,
  operationId: 'getAssetFile',
  path: '/{id}/content/{name}',
  summary: 'Download an asset',
  description:
    'Opens with an API key. Providers get a signed link. The name is that of the upload, reduced to letters, digits, _ and -, with the extension of the type; without one it is the id. Supports HEAD, a range and every conditional header of RFC 9110. A request for several ranges returns the whole file. So does bytes=0- with a link, up to 512 MB.',
  request: { params: namedParams, query },
})

export const assetContentRoutes = createRouter()

const target = params
  .extend({ name: z.string().optional() })
  .transform(({ id, name }) => ({ assetId: id, fileName: name }))
assetContentRoutes.use('/:id/content/:name?', requireLinkOrKey(target))

assetContentRoutes.openapi(show, async (c) => serveAsset(c, c.req.valid('param')))
assetContentRoutes.openapi(showNamed, async (c) => serveAsset(c, c.req.valid('param')))

async function serveAsset(c: HonoContext<ApiEnv>, { id, name }: { id: string; name?: string }) {
  const asset = await findAsset(c.get('context').dbOf(id), id)
  if (asset === null || !sees(viewerOf(c), asset)) return problem(c, 'not_found', 'There is no such asset.')
  const tag = asset.jobId ?? id
  const file = { ...asset, key: keyOf(asset), storedAt: asset.createdAt, fileName: assetFileName(asset), tag }
  return serveFile(c, file, name)
}
