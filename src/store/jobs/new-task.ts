import { noAnswers } from '../../core/job/answers.ts'
import type { OpenTask } from './tasks.ts'

/** A task that is about to be submitted for the first time. */
export function newTask(
  given: Pick<OpenTask, 'jobId' | 'n' | 'provider' | 'clientReference' | 'wanted' | 'intendedAt'>,
): OpenTask {
  return {
    ...given,
    providerTaskId: null,
    status: 'intended',
    attempts: 0,
    unknownAt: null,
    submittedAt: null,
    endedAt: null,
    inputs: {},
    completedVia: null,
    awaitsUpload: false,
    receivedVideo: null,
    cost: null,
    fault: null,
    pollFailure: null,
    answers: noAnswers,
  }
}
