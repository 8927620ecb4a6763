/**
 * The Worker as it runs on this machine: the deployed one, whose queue consumers run in parallel as on Cloudflare. When it
 * starts, it resumes the work of the last process.
 */
import worker from '../../index.ts'
import { inParallel } from './parallel-batches.ts'
import { resumeOnce } from './resume.ts'

export default {
  async fetch(request, env, execution) {
    await resumeOnce(env, execution)
    return worker.fetch?.(request, env, execution) ?? new Response(null, { status: 404 })
  },
  queue: inParallel(async (batch, env, execution) => worker.queue?.(batch, env, execution)),
  async scheduled(controller, env, execution) {
    await resumeOnce(env, execution)
    await worker.scheduled?.(controller, env, execution)
  },
} satisfies ExportedHandler<Env>
