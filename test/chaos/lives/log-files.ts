/** Reads what the Worker logged in all of its lives. */
import { readdir, readFile } from 'node:fs/promises'

/** The id of a job for each of its submissions whose response the Worker took for lost. */
export async function readLostResponses(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => /^life-\d+\.log$/.test(name))
  const texts = await Promise.all(files.map((name) => readFile(`${folder}/${name}`, 'utf8')))
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{"event":"task.submitted"') && line.includes('"fault":"answer_lost"'))
    .map((line) => JSON.parse(line).job_id)
}
