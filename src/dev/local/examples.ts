/** Example jobs, each of which shows something else on the pages. The simulator obeys the sim(…) in their prompts. */
import type { JobView } from '../../core/job/view-schema.ts'
import type { CallbackServer } from './callback-server.ts'
import type { Client } from './client.ts'

export interface Example {
  title: string
  request: Record<string, unknown>
}

/** The callback server verifies with the secret of the API key that posts them. */
export function exampleJobs({
  url,
  unreliableUrl,
}: Pick<CallbackServer, 'url' | 'unreliableUrl'>): Example[] {
  const example = (title: string, request: Record<string, unknown>): Example => ({
    title,
    request: {
      model: 'seedance-2.0-mini',
      resolution: '480p',
      callback_url: url,
      metadata: { example: title },
      ...request,
    },
  })
  return [
    example('succeeds', { provider: 'runware', prompt: 'A paper boat drifts down a rainy gutter' }),
    example('four outputs', { provider: 'runware', prompt: 'Four boats race past a lighthouse', count: 4 }),
    example('refused by the moderation', {
      provider: 'runware',
      prompt: 'A boat that the moderation refuses sim(fail=moderated)',
    }),
    example('fails over to another provider', {
      provider: ['crun', 'runware'],
      prompt: 'A boat changes its harbor sim(at=crun, submit=402)',
    }),
    example('slow, with progress', {
      provider: 'runware',
      prompt: 'A sailing ship crosses the ocean sim(seconds=90, webhook=progress-first)',
    }),
    example('callback fails once', {
      provider: 'runware',
      prompt: 'A message in a bottle arrives at last',
      callback_url: unreliableUrl,
    }),
  ]
}

export function postExamples(client: Client, callbacks: CallbackServer): Promise<JobView[]> {
  return Promise.all(exampleJobs(callbacks).map(({ request }) => client.postJob(request)))
}
