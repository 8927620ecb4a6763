/** GET /models and /models/:id: the names that a video can be made with, ours and the aliases of the settings. */
import type { Context as HonoContext } from 'hono'
import type { ModelView } from '../../models/schema.ts'
import type { FaceEnv } from '../face.ts'
import { modelNamed } from '../models.ts'
import { notFound } from './problems.ts'

type C = HonoContext<FaceEnv>

export async function listModels(c: C): Promise<Response> {
  const offered = await offeredModels(c)
  const { modelAliases } = c.get('context').config
  const aliases = [...modelAliases].filter(([, model]) => offered.has(model)).map(([alias]) => alias)
  return c.json({ object: 'list', data: [...new Set([...aliases, ...offered])].map(viewModel) })
}

/** A dated name is one too, as in the request of a video. */
export async function retrieveModel(c: C): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const model = modelNamed(c.get('context').config, id)
  const isOffered = model !== null && (await offeredModels(c)).has(model)
  return isOffered ? c.json(viewModel(id)) : notFound(c, 'model_not_found', 'There is no such model.')
}

/** By a provider that this deployment has. */
async function offeredModels(c: C): Promise<Set<string>> {
  const { data } = await c.get('api').read<{ data: ModelView[] }>('/v1/models')
  const offered = data.filter(({ providers }) => providers.some(({ configured }) => configured))
  return new Set(offered.map(({ model }) => model))
}

function viewModel(id: string) {
  // Required by OpenAI's clients, and not known here.
  return { id, object: 'model', created: 0, owned_by: 'bytedance' }
}
