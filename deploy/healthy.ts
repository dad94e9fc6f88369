/** `node deploy/healthy.ts PORT`: exit code 0 where the service on that port of this container is ready. */
const ready = await fetch(`http://127.0.0.1:${process.argv[2]}/readyz`).then(
  ({ ok }) => ok,
  () => false,
)
process.exit(ready ? 0 : 1)
