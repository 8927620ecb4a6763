/** The workerd processes, their memory and their CPU time, from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** The process ids of the workerd processes that this process started. */
export function runtimeProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const status = statusOf(pid)
      return /^Name:\s*workerd$/m.test(status) && status.includes(`\nPPid:\t${process.pid}\n`)
    })
}

/** The CPU time of a process so far, all its threads together. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold spaces. User and system time are fields 14 and 15, in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Samples the resident size of a process, in MiB, until it is stopped. */
export function watchSize(pid: number) {
  const before = residentMiB(pid)
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMiB(pid))
  }, 20)
  return () => {
    clearInterval(timer)
    return { before, growth: Math.max(peak, residentMiB(pid)) - before }
  }
}

export function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0) / 1_024
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // the process ended after it was listed
  }
}

/** The same to the microsecond, without the threads that have ended: for short times. */
export function cpuMsOfThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'))
    .reduce((sum, line) => sum + Number(line.split(' ')[0]) / 1e6, 0)
}
