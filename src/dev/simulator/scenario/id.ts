export function newId(prefix: 'job' | 'asset' | 'upload'): string {
  return `${prefix}_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
}
