/**
 * A hash table's shards: which one a key belongs to. Always: the same key has the same hash and, of the same number of shards,
 * the same shard, in every life and in other programs that share the table.
 */
import { hash } from 'node:crypto'

/** The key's SHA-1, in UTF-8, as a whole number, modulo 2^63. */
export const hashOfKey = (key: string): bigint => BigInt(`0x${hash('sha1', key).slice(-16)}`) & 0x7fff_ffff_ffff_ffffn

/** From 0 to below `count`. */
export const shardOf = (keyHash: bigint, count: number): number => Number(keyHash % BigInt(count))
