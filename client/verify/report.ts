/** What a verify came to, over files, over the API or over both: as lines for people and as JSON. */
import { type CompareOptions, type Comparison, compare } from './compare.ts'
import { type Verdict, verdictText, verifyFiles } from './files.ts'
import { type LiveVerdict, verifyLive } from './live.ts'

/** As `verify --json` writes it. */
export interface Report {
  format: 1
  balanced: boolean
  /** The verdict in one line. */
  line: string
  /** All of them, those of the parts too. */
  differences: string[]
  notes: string[]
  /** Each null where it was not asked for. */
  files: (Verdict & { folder: string }) | null
  live: LiveVerdict | null
  /** The files against the API; null also where the API refused the owner's part. */
  compared: Comparison | null
}

export interface ReportOptions extends Omit<CompareOptions, 'dataDir' | 'url'> {
  dataDir?: string | undefined
  url?: string | undefined
}

/** Throws where there is nothing to read: a ShopError of a shop, any other error of files. */
export async function report({ dataDir, url, ...options }: ReportOptions): Promise<Report> {
  const { progress } = options
  const live = url === undefined ? null : await verifyLive({ ...options, url })
  const files =
    dataDir === undefined
      ? null
      : await verifyFiles(dataDir, undefined, (share) => progress?.tell(`orders of ${dataDir}`, share))
  const compared =
    url === undefined || dataDir === undefined || live?.orders === null
      ? null
      : await compare({ ...options, url, dataDir })
  const differences = [files, live, compared].flatMap((part) => part?.differences ?? [])
  const notes = [...(files?.notes ?? []), ...(live?.notes ?? []), ...(compared?.notes ?? [])]
  if (live?.orders === null && files !== null)
    notes.push('Files and shop were not compared: that is for the owner, too.')
  return {
    format: 1,
    balanced: differences.length === 0,
    line: lineOf(files, live, compared, differences.length),
    differences,
    notes,
    files: files === null ? null : { folder: dataDir!, ...files },
    live,
    compared,
  }
}

function lineOf(
  files: Verdict | null,
  live: LiveVerdict | null,
  compared: Comparison | null,
  differences: number,
): string {
  const parts = [files !== null && 'files', live !== null && 'shop', compared !== null && 'compared'].filter(Boolean)
  const orders = Math.max(files?.orders ?? 0, live?.orders ?? 0)
  if (live?.orders === null && files === null) return publicLine(live, differences)
  const line = verdictText({
    orders,
    accounts: files?.accounts ?? live!.toys,
    reserved: files?.reserved ?? 0,
    customers: files?.customers ?? live?.customers ?? 0,
    reservedCredit: files?.reservedCredit ?? 0,
    carts: files?.carts ?? 0,
    untaken: files?.untaken ?? 0,
    differences,
  })
  return parts.length === 1 ? line : `${line} (${parts.join(', ')})`
}

const publicLine = ({ toys }: LiveVerdict, differences: number): string =>
  `${differences === 0 ? 'what anybody may see is right' : 'WHAT ANYBODY MAY SEE IS WRONG'}: ${toys.toLocaleString('en-US')} toys, ${differences.toLocaleString('en-US')} differences`
