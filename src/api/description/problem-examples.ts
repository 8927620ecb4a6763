/** One example of each problem of the description. */
import { requestSchema } from '../../core/request/request.ts'
import { explanations } from '../docs/explanations.ts'
import { fieldFaults, type ProblemCode, problemCodes, problemKinds, typeOf } from '../problems.ts'
import { exampleBaseUrl, exampleJobRequest } from './event-examples.ts'

/** By code. */
export function problemExamples(): Record<string, { summary: string; value: object }> {
  return Object.fromEntries(
    problemCodes.map((code) => [code, { summary: problemKinds[code].title, value: problemExample(code) }]),
  )
}

function problemExample(code: ProblemCode) {
  const { status, title } = problemKinds[code]
  const { effect, remedy } = explanations[code]
  return {
    type: typeOf(exampleBaseUrl, code),
    title,
    status,
    detail: `${effect} ${remedy}`,
    code,
    request_id: '0f8fad5b-d9cb-469f-a165-70867728950e',
    ...(code === 'invalid_request' && { errors: requestFaults() }),
    ...(code === 'no_provider' && { errors: [{ path: 'resolution', message: 'runware: has no 4k' }] }),
  }
}

function requestFaults() {
  const { error } = requestSchema.safeParse({ ...exampleJobRequest, duration: 99 })
  if (error === undefined) throw new Error('the example request has no fault')
  return fieldFaults(error)
}
