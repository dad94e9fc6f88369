/** The web-scale course's API as its own clients use it: paths alone, answers as they stand. */

export interface CourseAnswer {
  status: number
  type: string | null
  text: string
}

export interface Course {
  get: (path: string, headers?: Record<string, string>) => Promise<CourseAnswer>
  post: (path: string, headers?: Record<string, string>) => Promise<CourseAnswer>
  remove: (path: string, headers?: Record<string, string>) => Promise<CourseAnswer>
  /** The answer's JSON. Throws where the status is another. */
  json: <Body>(method: 'GET' | 'POST', path: string) => Promise<Body>
  createItem: (price: number) => Promise<string>
  createUser: () => Promise<string>
  createOrder: (user: string) => Promise<string>
  /** An item with so many pieces. */
  itemWith: (price: number, stock: number) => Promise<string>
  /** A customer with so much credit, whole. */
  userWith: (credit: number) => Promise<string>
  /** A draft of one piece each. */
  orderOf: (user: string, ...items: string[]) => Promise<string>
  stockOf: (item: string) => Promise<number>
  creditOf: (user: string) => Promise<number>
}

export function courseAt(url: string): Course {
  const call = async (method: string, path: string, headers: Record<string, string> = {}): Promise<CourseAnswer> => {
    const reply = await fetch(url + path, { method, headers })
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() }
  }
  const ok = async (method: string, path: string): Promise<string> => {
    const { status, text } = await call(method, path)
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${text}`)
    return text
  }
  const course: Course = {
    get: (path, headers) => call('GET', path, headers),
    post: (path, headers) => call('POST', path, headers),
    remove: (path, headers) => call('DELETE', path, headers),
    json: async <Body>(method: string, path: string) => JSON.parse(await ok(method, path)) as Body,
    createItem: async (price) =>
      (await course.json<{ item_id: string }>('POST', `/stock/item/create/${price}`)).item_id,
    createUser: async () => (await course.json<{ user_id: string }>('POST', '/payment/create_user')).user_id,
    createOrder: async (user) => (await course.json<{ order_id: string }>('POST', `/orders/create/${user}`)).order_id,
    async itemWith(price, stock) {
      const item = await course.createItem(price)
      if (stock > 0) await ok('POST', `/stock/add/${item}/${stock}`)
      return item
    },
    async userWith(credit) {
      const user = await course.createUser()
      if (credit > 0) await ok('POST', `/payment/add_funds/${user}/${credit}`)
      return user
    },
    async orderOf(user, ...items) {
      const order = await course.createOrder(user)
      for (const item of items) await ok('POST', `/orders/addItem/${order}/${item}/1`)
      return order
    },
    stockOf: async (item) => (await course.json<{ stock: number }>('GET', `/stock/find/${item}`)).stock,
    creditOf: async (user) => (await course.json<{ credit: number }>('GET', `/payment/find_user/${user}`)).credit,
  }
  return course
}
