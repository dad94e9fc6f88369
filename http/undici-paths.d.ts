/** undici's pool and client by their own paths: the package's front door loads fetch, caches and web sockets too, 9 MB in each process. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici'
}
