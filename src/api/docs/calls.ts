/** An example call of an operation, for curl and for TypeScript. */
import type { Content, Operation, PlacedOperation } from './description.ts'
import { environment, fetchWord, fileModule } from './reader-words.ts'

interface Call {
  method: string
  url: string
  hasKey: boolean
  headers: [string, string][]
  body: { kind: 'json'; value: unknown } | { kind: 'file'; name: string } | null
  result: 'json' | 'none' | { file: string }
}

export function curlOf(placed: PlacedOperation, baseUrl: string): string {
  return curlOfCall(callOf(placed, baseUrl))
}

export function typescriptOf(placed: PlacedOperation, baseUrl: string): string {
  return typescriptOfCall(callOf(placed, baseUrl))
}

export function curlOfCall({ method, url, hasKey, headers, body, result }: Call): string {
  const parts = [
    `curl ${method === impliedMethod(body) ? '' : `-X ${method} `}${quoted(url)}`,
    ...(hasKey ? ['-H "Authorization: Bearer $REELHOOK_API_KEY"'] : []),
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body?.kind === 'json' ? [`-d ${quoted(JSON.stringify(body.value, null, 2))}`] : []),
    ...(body?.kind === 'file' ? [`--data-binary @${body.name}`] : []),
    ...(typeof result === 'object' ? [`-o ${result.file}`] : []),
  ]
  return parts.join(' \\\n  ')
}

export function typescriptOfCall({ method, url, hasKey, headers, body, result }: Call): string {
  const all = [
    ...(hasKey ? [`Authorization: \`Bearer \${${environment}.REELHOOK_API_KEY}\``] : []),
    ...headers.map(([name, value]) => `'${name}': '${value.replaceAll(/['\\]/g, '\\$&')}'`),
  ]
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}'`]),
    ...(all.length === 0 ? [] : [`headers: { ${all.join(', ')} }`]),
    ...(body?.kind === 'json' ? [`body: JSON.stringify(${indented(body.value)})`] : []),
    ...(body?.kind === 'file' ? [`body: await readFile('${body.name}')`] : []),
  ]
  const files = [
    ...(body?.kind === 'file' ? ['readFile'] : []),
    ...(typeof result === 'object' ? ['writeFile'] : []),
  ]
  return [
    ...(files.length === 0 ? [] : [`import { ${files.join(', ')} } from ${fileModule}\n`]),
    options.length === 0
      ? `const response = await ${fetchWord}('${url}')`
      : `const response = await ${fetchWord}('${url}', {\n  ${options.join(',\n  ')},\n})`,
    'if (!response.ok) throw new Error(await response.text())',
    ...(result === 'json' ? ['const result = await response.json()'] : []),
    ...(typeof result === 'object' ? [`await writeFile('${result.file}', await response.bytes())`] : []),
  ].join('\n')
}

function callOf({ method, path, operation }: PlacedOperation, baseUrl: string): Call {
  const { parameters = [], requestBody } = operation
  const examplesIn = (place: string) =>
    parameters.flatMap(({ in: where, name, schema, example = schema.example }) =>
      where !== place || example === undefined ? [] : [[name, String(example)] as const],
    )
  const filled = examplesIn('path').reduce(
    (url, [name, value]) => url.replace(`{${name}}`, encodeURIComponent(value)),
    path,
  )
  const query = examplesIn('query').map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const body = bodyOf(requestBody?.content)
  const contentType =
    body === null ? [] : [['Content-Type', body.kind === 'json' ? 'application/json' : 'image/png'] as const]
  return {
    method,
    url: `${baseUrl}${filled}${query.length === 0 ? '' : `?${query.join('&')}`}`,
    hasKey: needsKey(operation),
    headers: [...examplesIn('header'), ...contentType].map(([name, value]) => [headerName(name), value]),
    body,
    result: resultOf(operation),
  }
}

function bodyOf(content: Content | undefined): Call['body'] {
  if (content === undefined) return null
  const json = content['application/json']
  return json === undefined ? { kind: 'file', name: 'boat.png' } : { kind: 'json', value: json.example }
}

/** An operation with `{}` as its first choice works without a key. */
export function needsKey({ security: [first] = [{ apiKey: [] }] }: Operation): boolean {
  return first !== undefined && Object.keys(first).length > 0
}

function resultOf({ responses }: Operation): Call['result'] {
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const [type] = Object.keys(success?.content ?? {})
  if (type === undefined) return 'none'
  if (type === 'application/json') return 'json'
  return { file: type === 'video/mp4' ? 'video.mp4' : type === 'text/html' ? 'page.html' : 'file' }
}

function impliedMethod(body: Call['body']): string {
  return body === null ? 'GET' : 'POST'
}

/** `idempotency-key` → `Idempotency-Key`. */
function headerName(name: string): string {
  return name.replaceAll(/(^|-)\w/g, (start) => start.toUpperCase())
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')
}
