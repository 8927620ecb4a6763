/**
 * The Worker as it runs on this machine: the deployed one, whose queue consumers run in parallel as on Cloudflare. When it
 * starts, it resumes the work of the last process.
 */
import { realEdges } from '../../context.ts'
import { createWorker } from '../../worker.ts'
import { inParallel } from './parallel-batches.ts'
import { resumeOnce } from './resume.ts'
import { type Places, placesSchema, withThisMachine } from './this-machine.ts'

let created: ReturnType<typeof createWorker> | undefined

export default {
  async fetch(request, env, execution) {
    await resumeOnce(env, execution)
    return workerOf(env).fetch?.(request, env, execution) ?? new Response(null, { status: 404 })
  },
  queue: inParallel(async (batch, env, execution) => workerOf(env).queue?.(batch, env, execution)),
  async scheduled(controller, env, execution) {
    await resumeOnce(env, execution)
    await workerOf(env).scheduled?.(controller, env, execution)
  },
} satisfies ExportedHandler<Env>

function workerOf(env: Env): ReturnType<typeof createWorker> {
  created ??= createWorker({ ...realEdges, fetch: withThisMachine(realEdges.fetch, placesIn(env)) })
  return created
}

function placesIn(env: Env): Places {
  return placesSchema.parse(JSON.parse(Reflect.get(env, 'THIS_MACHINE') ?? '{}'))
}
