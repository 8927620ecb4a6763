/** The request body of the simulator. It needs the prompt only for the failures that a caller asks for in it. */
import { z } from 'zod'
import type { JobRequest } from '../../core/request/request.ts'
import type { Submission } from '../provider.ts'

export function taskOf({ request, wanted, callbackUrl }: Submission) {
  return { prompt: promptOf(request), outputs: wanted, callback_url: callbackUrl }
}

export function promptOf({ prompt = '' }: JobRequest): string {
  return prompt
}

export const options = z.strictObject({})
