/**
 * The places of a map's keys, found again after a start by reading its segments in their order, a piece between two turns of
 * everybody else, without an object for each row.
 *
 * Always: one place for a hash is the row's own key's, since a key's first row is `new` and says that there was none; only
 * where several keys share a hash, or a row is damaged, or rows do not follow each other so, is a row read again to confirm.
 *
 * A damaged row may have been of any key, and newer than what stands before it. So it is told where the last one stands:
 * what was found before it is not certain, what stands behind it is.
 */
import type { MapFile, MapFiles } from './map-files.ts'
import { MapRow } from './map-row.ts'
import type { PlaceIndex } from './place-index.ts'

export interface FoundPlaces {
  damagedRows: number
  /** The place of the last one; 0 where there is none. */
  lastDamaged: number
}

/** Into an index that is empty. Throws when it is `stopped`. */
export async function findPlaces(files: MapFiles, index: PlaceIndex, stopped: () => boolean): Promise<FoundPlaces> {
  const found: FoundPlaces = { damagedRows: 0, lastDamaged: 0 }
  const row = new MapRow()
  for (const file of files.list) {
    file.rows = 0
    for await (const { bytes, at } of file.pieces()) {
      if (stopped()) throw new Error('the map is being closed')
      for (let next = 0; next < bytes.length; next = row.next) {
        row.read(bytes, next)
        const place = file.place(at + row.at)
        if (row.change === undefined) {
          found.damagedRows += 1
          found.lastDamaged = place
        } else if (row.change !== 'begins') {
          file.rows += 1
          const old = oldPlace(index, row, found.damagedRows > 0)
          if (old !== undefined) take(index, row, old, place)
          else await takeConfirmed(files, index, row, file, at)
        }
      }
    }
  }
  return found
}

/** Where the row's key was before, 0 for nowhere; undefined where only its rows can tell. */
function oldPlace(index: PlaceIndex, row: MapRow, damaged: boolean): number | undefined {
  row.takeKey(index)
  const only = index.only()
  if (only === 0) return 0
  return only === -1 || damaged || row.change === 'new' ? undefined : only
}

function take(index: PlaceIndex, row: MapRow, old: number, place: number): void {
  if (row.change === 'deleted') {
    if (old !== 0) index.remove(old)
  } else if (old === 0) index.add(place)
  else index.replace(old, place)
}

async function takeConfirmed(
  files: MapFiles,
  index: PlaceIndex,
  row: MapRow,
  file: MapFile,
  at: number,
): Promise<void> {
  const { key } = row
  const places = index.places()
  const rows = await files.rowsAt(places)
  index.take(key) // whoever else used the index meanwhile
  take(index, row, places[rows.findIndex(([each]) => each === key)] ?? 0, file.place(at + row.at))
}
