/** The job of the form as a call of the API, without any secret. */
import { curlOfCall, typescriptOfCall } from '../../api/docs/calls.ts'
import { CodeBlock } from '../components/code.tsx'
import { jobCall } from '../job-call.ts'

interface JobCodeProps {
  body: Record<string, unknown>
  idempotencyKey: string
  baseUrl: string
}

export function JobCode({ body, idempotencyKey, baseUrl }: JobCodeProps) {
  const call = jobCall(baseUrl, withoutSecrets(body), [['Idempotency-Key', idempotencyKey]])
  return (
    <div id="code" data-part>
      <h3>curl</h3>
      <CodeBlock text={curlOfCall(call)} label="the curl command" />
      <h3>TypeScript</h3>
      <CodeBlock text={typescriptOfCall(call)} label="the TypeScript" />
      <p class="quiet">
        Both take the API key from the environment variable REELHOOK_API_KEY. With the same Idempotency-Key
        and the same API key they get the job of this form, and buy no second one.
      </p>
    </div>
  )
}

function withoutSecrets(body: Record<string, unknown>): Record<string, unknown> {
  const { callback_secret: secret, callback_headers: headers } = body
  return {
    ...body,
    ...(secret !== undefined && { callback_secret: '<the secret>' }),
    ...(headers !== undefined && {
      callback_headers: Object.fromEntries(Object.keys(headers ?? {}).map((name) => [name, '<the value>'])),
    }),
  }
}
