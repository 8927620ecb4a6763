/**
 * An S3-compatible bucket that checks what S3 checks: the signature (AWS Signature Version 4), the two checksums and the
 * name of the bucket. It verifies with WebCrypto only, and not with the package that the product signs with.
 */

interface Settings {
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  region: string
  now: () => number
}

interface StoredCopy {
  bytes: Uint8Array
  contentType: string | null
  /** Null in the test runtime: the header is made when the request is sent. */
  contentLength: string | null
}

export interface ExportBucket {
  fetch: (request: Request) => Promise<Response>
  /** By key. */
  copies: Map<string, StoredCopy>
  /** Every request, by the key it names. */
  puts: string[]
  /** The next answers, in order; then those of the bucket again. A function that throws is a network error. */
  respondNext: (...answers: ((request: Request) => Response | Promise<Response>)[]) => void
}

export function anExportBucket(settings: Settings): ExportBucket {
  const copies: ExportBucket['copies'] = new Map()
  const puts: string[] = []
  const answers: ((request: Request) => Response | Promise<Response>)[] = []
  return {
    copies,
    puts,
    respondNext: (...next) => void answers.push(...next),
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const [, bucket = '', ...segments] = pathname.split('/')
      const key = segments.join('/')
      puts.push(key)
      const answer = answers.shift()
      if (answer !== undefined) return answer(request)
      const bytes = new Uint8Array(await request.arrayBuffer())
      const refusal = await refusalOf(settings, request, bytes)
      if (refusal !== null) return s3Error(...refusal)
      if (bucket !== settings.bucket) return s3Error(404, 'NoSuchBucket')
      const { headers } = request
      copies.set(key, {
        bytes,
        contentType: headers.get('content-type'),
        contentLength: headers.get('content-length'),
      })
      return new Response(null, { headers: { etag: '"0"' } })
    },
  }
}

export function s3Error(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`
  return new Response(body, { status, headers: { 'content-type': 'application/xml', ...headers } })
}

async function refusalOf(
  settings: Settings,
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<[status: number, code: string] | null> {
  const { headers, method } = request
  if (method !== 'PUT') return [405, 'MethodNotAllowed']
  const signedAt = headers.get('x-amz-date') ?? ''
  if (Math.abs(timeOf(signedAt) - settings.now()) > 15 * 60_000) return [403, 'RequestTimeTooSkewed']
  const given = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    headers.get('authorization') ?? '',
  )
  if (given === null) return [403, 'AccessDenied']
  const [, credential = '', names = '', signature] = given
  const scope = `${signedAt.slice(0, 8)}/${settings.region}/s3/aws4_request`
  if (!credential.startsWith(`${settings.accessKeyId}/`)) return [403, 'InvalidAccessKeyId']
  if (credential !== `${settings.accessKeyId}/${scope}`) return [400, 'AuthorizationHeaderMalformed']
  if (signature !== (await signatureOf(settings, request, names.split(';'), scope)))
    return [403, 'SignatureDoesNotMatch']
  const digest = await sha256(bytes)
  if (headers.get('x-amz-content-sha256') !== digest.toHex()) return [400, 'XAmzContentSHA256Mismatch']
  if (headers.get('x-amz-checksum-sha256') !== digest.toBase64()) return [400, 'BadDigest']
  return null
}

/** `20261121T030410Z` in milliseconds since 1970. */
function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
async function signatureOf(
  { secretAccessKey, region }: Settings,
  { method, url, headers }: Request,
  names: string[],
  scope: string,
): Promise<string> {
  const { pathname, host } = new URL(url)
  const signed = names.map((name) => `${name}:${name === 'host' ? host : (headers.get(name) ?? '').trim()}\n`)
  const payload = headers.get('x-amz-content-sha256')
  const canonical = [method, pathname, '', signed.join(''), names.join(';'), payload].join('\n')
  const date = headers.get('x-amz-date') ?? ''
  const toSign = ['AWS4-HMAC-SHA256', date, scope, (await sha256(canonical)).toHex()].join('\n')
  let key = new Uint8Array(new TextEncoder().encode(`AWS4${secretAccessKey}`))
  for (const part of [date.slice(0, 8), region, 's3', 'aws4_request']) key = await hmac(key, part)
  return (await hmac(key, toSign)).toHex()
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text)))
}

async function sha256(content: Uint8Array<ArrayBuffer> | string): Promise<Uint8Array> {
  const bytes = typeof content === 'string' ? new Uint8Array(new TextEncoder().encode(content)) : content
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
