/** The server of one request: the tools that the scopes of its key allow. */
import {
  type CallToolResult,
  type ContentBlock,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server'
import type { Context as HonoContext } from 'hono'
import { version } from '../../../../package.json'
import { mayDo } from '../../../core/access.ts'
import type { Problem } from '../../in-process.ts'
import { type FaceEnv, respondToError } from '../face.ts'
import { createVideo, estimateVideo } from './create-video.ts'
import { cancelJob, getJob, listJobs, waitForJob } from './jobs.ts'
import { listModels } from './models.ts'
import { redeliver } from './redeliver.ts'
import { toolError } from './refusal.ts'
import type { Reply, Tool } from './tool.ts'

const tools: readonly Tool[] = [
  listModels,
  estimateVideo,
  createVideo,
  getJob,
  waitForJob,
  listJobs,
  cancelJob,
  redeliver,
]

export function createServer(c: HonoContext<FaceEnv>, era: 'legacy' | 'modern'): Server {
  const caller = c.get('caller')
  const mayUse = ({ scope }: Tool) => (scope === 'any' ? caller.scopes.length > 0 : mayDo(caller, scope))
  const server = new Server(
    { name: 'reelhook', title: 'Reelhook', version, websiteUrl: c.get('context').config.publicBaseUrl },
    {
      instructions,
      capabilities: { tools: { listChanged: false } },
      cacheHints: { 'tools/list': { ttlMs: listKeptMs, cacheScope: 'private' } },
    },
  )
  // A tool that the key may not use only takes room in the context of an agent.
  server.setRequestHandler('tools/list', () => ({
    tools: tools.filter(mayUse).map(({ definition }) => definition()),
  }))
  // It can be called by an agent that has an earlier list: /v1 refuses it and names the scope.
  server.setRequestHandler('tools/call', async ({ params }) => {
    const tool = tools.find(({ name }) => name === params.name)
    if (tool === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}.`)
    try {
      return resultOf(await tool.run(params.arguments ?? {}, { api: c.get('api') }), showsLinks(c, era))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return toolError(await respondToError(error, c).json<Problem>())
    }
  })
  return server
}

const listKeptMs = 300_000

const instructions =
  'Reelhook makes videos. 1. estimate_video shows the cost and every fault of a request; it spends nothing. 2. create_video spends money, up to max_cost_usd. Choose one idempotency_key for each video and keep it: if a call fails or its result is lost, call again with the same key and the same arguments. That returns the same job and buys nothing; a new key buys another video. 3. wait_for_job until the job has ended. Videos take minutes.'

function resultOf(reply: Reply, isShowingLinks: boolean): CallToolResult {
  if (!reply.ok) return toolError(reply.refusal)
  const text: ContentBlock = { type: 'text', text: reply.text }
  const links = isShowingLinks ? (reply.links ?? []) : []
  return { content: [text, ...links], structuredContent: reply.structured }
}

/** Clients before 2025-06-18 refuse a result with a link. They send an earlier revision in the header, or none. */
function showsLinks(c: HonoContext<FaceEnv>, era: 'legacy' | 'modern'): boolean {
  return era === 'modern' || (c.req.header('mcp-protocol-version') ?? '') >= '2025-06-18'
}
