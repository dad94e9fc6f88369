/**
 * Draws each chart of a report from the JSON beside it. Colours are the style's variables, read whenever something is drawn,
 * so that a page follows a change between light and dark, and prints as light.
 */
/* global uPlot */
;(() => {
  const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })
  const axisNumber = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 12 })
  const printWidth = 680
  const charts = []
  let printing = false

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  const font = (size) => `${size}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`

  for (const figure of document.querySelectorAll('figure.chart')) {
    const spec = JSON.parse(figure.querySelector('script').textContent)
    const plot = figure.querySelector('.plot')
    if (spec.places.length === 0 || spec.lines.length === 0) {
      plot.textContent = 'Nothing was measured.'
      plot.classList.add('empty')
      continue
    }
    charts.push(draw(figure, plot, spec))
  }

  const redrawAll = () => {
    for (const { chart, resize } of charts) {
      resize()
      chart.redraw(false, true)
    }
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
  const print = (on) => {
    printing = on
    document.documentElement.classList.toggle('printing', on)
    redrawAll()
  }
  addEventListener('beforeprint', () => print(true))
  addEventListener('afterprint', () => print(false))
  matchMedia('print').addEventListener('change', ({ matches }) => print(matches))
  if (matchMedia('print').matches) print(true)

  /** One chart, its legend, and what keeps its width right. */
  function draw(figure, plot, spec) {
    const now = [...figure.querySelectorAll('.now')]
    const at = figure.querySelector('.at')
    const height = () => (spec.across === 'time' ? 220 : 320)
    const width = () => (printing ? printWidth : Math.max(plot.clientWidth, 120))
    const data = [spec.places, ...spec.lines.map(({ values }) => values)]
    const chart = new uPlot(options(spec, width(), height(), read), data, plot)

    function read(self) {
      const index = self.cursor.idx
      at.textContent = index == null ? '' : `at ${placeText(spec, spec.places[index])}`
      for (const [i, { values }] of spec.lines.entries()) {
        const value = index == null ? undefined : values[index]
        now[i].textContent = value == null ? '' : number.format(value)
      }
    }
    for (const [i, button] of [...figure.querySelectorAll('.legend button')].entries()) {
      button.addEventListener('click', () => {
        const show = button.getAttribute('aria-pressed') !== 'true'
        button.setAttribute('aria-pressed', String(show))
        chart.setSeries(i + 1, { show })
      })
    }
    const resize = () => {
      if (width() !== chart.width) chart.setSize({ width: width(), height: height() })
    }
    new ResizeObserver(resize).observe(plot)
    return { chart, resize }
  }

  function options(spec, width, height, onCursor) {
    const time = spec.across === 'time'
    const scales = {
      x: {
        time: false,
        distr: spec.across === 'shards' ? 3 : 1,
        range: (_, from, to) => (from === to ? around(spec, from) : acrossRange(spec, from, to)),
      },
      y: spec.logarithmic
        ? { distr: 3, range: (_, low, high) => decades(low, high, spec.range) }
        : { range: (_, _low, high) => fromZero(high, spec.range) },
      right: { range: (_, _low, high) => fromZero(high) },
    }
    const axis = {
      stroke: () => color('soft'),
      grid: { stroke: () => color('grid'), width: 1 },
      ticks: { stroke: () => color('grid'), width: 1, size: 4 },
      font: font(12),
      labelFont: font(12),
      labelSize: 18,
      labelGap: 0,
      gap: 4,
    }
    const wide = { ...axis, size: 52, values: (_, splits) => splits.map(axisText) }
    const across = {
      time: {
        ...axis,
        size: 26,
        space: 64,
        label: 'time since the load began',
        incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400],
        values: (_, splits) => splits.map(timeText),
      },
      percentile: {
        ...axis,
        size: 26,
        label: 'percentile',
        splits: () => percentileTicks.map(percentilePlace),
        values: (_, splits) => splits.map((each, i) => (each == null ? '' : `${percentileTicks[i]} %`)),
        filter: (self, splits) =>
          apart(
            self,
            splits,
            percentileTicks.map((each) => `${each} %`),
          ),
      },
      clients: { ...axis, size: 26, label: 'clients', incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
      shards: {
        ...axis,
        size: 26,
        label: 'shards',
        splits: () => spec.places,
        values: (_, splits) => splits.map(axisText),
        filter: (self, splits) => apart(self, splits, splits.map(axisText)),
      },
    }[spec.across]
    const axes = [across, { ...wide, scale: 'y', label: spec.measure }]
    if (spec.rightMeasure)
      axes.push({ ...wide, scale: 'right', side: 1, label: spec.rightMeasure, grid: { show: false } })
    return {
      width,
      height,
      scales,
      axes,
      padding: [spec.marks?.length > 0 ? 20 : 10, spec.rightMeasure ? 0 : 28, 0, 0],
      series: [{}, ...spec.lines.map((line) => series(spec, line))],
      legend: { show: false },
      focus: { alpha: 0.3 },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false },
        ...(time ? { sync: { key: 'time' } } : {}),
      },
      hooks: { drawAxes: [(self) => drawMarks(self, spec)], setCursor: [onCursor] },
    }
  }

  function series({ across }, line) {
    const stroke = () => color(line.color)
    return {
      label: line.label,
      scale: line.right ? 'right' : 'y',
      stroke,
      width: line.dots ? 0 : line.bold ? 2.25 : 1.5,
      ...(line.dots ? { paths: () => null } : {}),
      dash: line.dash ?? [],
      points: {
        show: true,
        size: line.dots ? 3.5 : 5,
        width: 0,
        fill: stroke,
        stroke,
        // A point of few means something by itself.
        filter: line.dots || across === 'clients' || across === 'shards' ? null : alone,
      },
    }
  }

  /** Where a value stands between gaps, no line leads to it: only a point can show it. */
  function alone(self, seriesIndex) {
    const values = self.data[seriesIndex]
    const found = []
    for (let i = 0; i < values.length; i++)
      if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i)
    return found
  }

  /** The warm-up as a quiet band, each event as a band from its beginning to its end with its number above. */
  function drawMarks(self, { warmup, marks = [] }) {
    const { ctx, bbox } = self
    const ratio = uPlot.pxRatio
    const [left, right] = [bbox.left, bbox.left + bbox.width]
    const place = (second) => Math.min(Math.max(self.valToPos(second, 'x', true), left), right)
    const band = (from, to, name) => {
      ctx.fillStyle = color(name)
      ctx.fillRect(from, bbox.top, to - from, bbox.height)
    }
    const text = (words, at, y, name, align) => {
      ctx.fillStyle = color(name)
      ctx.textAlign = align
      ctx.textBaseline = 'alphabetic'
      ctx.font = font(11 * ratio)
      ctx.fillText(words, at, y)
    }
    ctx.save()
    if (warmup > 0 && place(warmup) > left) {
      band(left, place(warmup), 'warmup')
      if (place(warmup) - left > 60 * ratio) text('warm-up', left + 4 * ratio, bbox.top + 14 * ratio, 'soft', 'left')
    }
    let free = Number.NEGATIVE_INFINITY
    for (const { at, until, label } of marks) {
      const [from, to] = [self.valToPos(at, 'x', true), self.valToPos(until ?? at, 'x', true)]
      if (to < left || from > right) continue
      band(place(at), place(until ?? at), 'event-band')
      ctx.strokeStyle = color('event')
      ctx.lineWidth = ratio
      if (from >= left) {
        ctx.beginPath()
        ctx.moveTo(from, bbox.top - 4 * ratio)
        ctx.lineTo(from, bbox.top + bbox.height)
        ctx.stroke()
      }
      // Numbers that would stand in each other are left out; the list has them all.
      const middle = (place(at) + place(until ?? at)) / 2
      if (middle < free) continue
      text(label, middle, bbox.top - 6 * ratio, 'event', 'center')
      free = middle + (8 + 7 * label.length) * ratio
    }
    ctx.restore()
  }

  const percentileTicks = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999]
  function percentilePlace(percentile) {
    return Math.log10(100 / (100 - percentile))
  }

  /** Of the ticks that the axis shows, those whose words have room. */
  function apart(self, splits, words) {
    let free = Number.NEGATIVE_INFINITY
    return splits.map((each, i) => {
      const at = self.valToPos(each, 'x')
      const half = 4 * words[i].length
      if (each > self.scales.x.max + 1e-9 || at - half < free) return null
      free = at + half
      return each
    })
  }

  /** Room to both sides of a single place. */
  function around({ across }, place) {
    return across === 'shards' ? [place / 10, place * 10] : [place - 0.5, place + 0.5]
  }

  function acrossRange({ across, places }, from, to) {
    // Whole, a time line begins at nought and ends with its last slot; zoomed in, it is what was chosen.
    const all = from === places[0] && to === places.at(-1)
    if (!all || across === 'percentile') return [from, to]
    if (across === 'shards') return [from / 1.3, to * 1.3]
    // So a first and last number of clients are not cut in half.
    return across === 'time' ? [0, to + from] : [from - (to - from) / 40, to + (to - from) / 40]
  }

  function fromZero(high, atLeast = [0, 0]) {
    const top = Math.max(high ?? 0, atLeast[1])
    return [0, top > 0 ? top * 1.08 : 1]
  }

  /** Whole powers of ten around all values, or halves of them where one decade would hold everything. */
  function decades(low, high, atLeast) {
    const least = Math.min(low ?? 1, atLeast?.[0] ?? Number.POSITIVE_INFINITY)
    const most = Math.max(high ?? 10, atLeast?.[1] ?? 0)
    const from = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)) + 1e-9)
    const to = 10 ** Math.ceil(Math.log10(Math.max(most, 0.001)) - 1e-9)
    return [from, to > from ? to : from * 10]
  }

  function axisText(value) {
    return value == null ? '' : axisNumber.format(value)
  }

  function timeText(seconds) {
    if (seconds == null) return ''
    if (seconds < 300 && Number.isInteger(seconds)) return `${seconds} s`
    const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)]
    const two = (each) => String(each).padStart(2, '0')
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
  }

  function placeText({ across }, place) {
    if (across === 'time') return timeText(Math.floor(place))
    if (across === 'clients') return `${number.format(place)} ${place === 1 ? 'client' : 'clients'}`
    if (across === 'shards') return `${number.format(place)} ${place === 1 ? 'shard' : 'shards'}`
    return `${number.format(100 - 100 / 10 ** place)} %`
  }
})()
