/** A received video as a hint, in the form of a webhook that announces the end of its task. */
import type { RemoteOutput, WebhookItem } from '../providers/provider.ts'
import type { Task } from '../store/jobs/tasks.ts'

interface UploadHint extends WebhookItem {
  receivedAt: number
  via: 'upload'
}

export function uploadHints(tasks: readonly Task[]): UploadHint[] {
  return tasks.flatMap((task) => {
    const { receivedVideo } = task
    if (receivedVideo === null) return []
    // A provider that uploads calls the task by our client reference: an upload may come before the response that
    // accepts the task.
    const providerTaskId = task.providerTaskId ?? task.clientReference
    return [
      {
        providerTaskId,
        receivedAt: receivedVideo.arrivedAt,
        via: 'upload' as const,
        outcome: {
          state: 'done' as const,
          outputs: outputsOf(providerTaskId, receivedVideo.others),
          faults: [],
        },
      },
    ]
  })
}

/** One output for each different video: of several, only one can be the provider's. */
function outputsOf(providerTaskId: string, others: number): RemoteOutput[] {
  return Array.from({ length: others + 1 }, (_, n) => ({
    id: n === 0 ? providerTaskId : `${providerTaskId}/${n}`,
    url: null,
  }))
}
