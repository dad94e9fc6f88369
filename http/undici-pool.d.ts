/** undici's pool by its own path: the package's front door loads fetch, caches and web sockets too, 9 MB in each process. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
