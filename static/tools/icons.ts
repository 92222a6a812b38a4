// Icons of Lucide as one path each: `import phone from 'lucide:phone'` is the `d` of it, taken at build time. So the
// page carries the outlines it draws and nothing of the library.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const PREFIX = 'lucide:'
const resolve = createRequire(import.meta.url).resolve
type Attributes = Record<string, string>

const number = (attributes: Attributes, name: string): number => Number(attributes[name] ?? 0)

function ellipse(cx: number, cy: number, rx: number, ry: number): string {
  return `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`
}

function rectangle(of: Attributes): string {
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => number(of, name)) as [number, number, number, number]
  const r = Number(of['rx'] ?? of['ry'] ?? 0)
  if (r === 0) return `M${x} ${y}h${width}v${height}h${-width}z`
  const corner = (dx: number, dy: number) => `a${r} ${r} 0 0 1 ${dx * r} ${dy * r}`
  const [w, h] = [width - 2 * r, height - 2 * r]
  return `M${x + r} ${y}h${w}${corner(1, 1)}v${h}${corner(-1, 1)}h${-w}${corner(-1, -1)}v${-h}${corner(1, -1)}z`
}

/**
 * A path that begins with a relative move means from the corner; behind another path it would mean from where that ended.
 * What follows its first pair of numbers stays relative.
 */
function absolute(d: string): string {
  return d.replace(/^\s*m\s*(-?[\d.]+(?:e-?\d+)?)[\s,]*(-?[\d.]+(?:e-?\d+)?)[\s,]*(?=(-?[\d.])?)/, (_, x: string, y: string, more?: string) => `M${x} ${y}${more === undefined ? '' : 'l'}`)
}

/** Each shape that Lucide uses, as the commands of a path. Coordinates are those of its 24 px grid. */
const SHAPES: Record<string, (of: Attributes) => string> = {
  path: (of) => absolute(of['d'] ?? ''),
  circle: (of) => ellipse(number(of, 'cx'), number(of, 'cy'), number(of, 'r'), number(of, 'r')),
  ellipse: (of) => ellipse(number(of, 'cx'), number(of, 'cy'), number(of, 'rx'), number(of, 'ry')),
  rect: rectangle,
  line: (of) => `M${of['x1']} ${of['y1']}L${of['x2']} ${of['y2']}`,
  polyline: (of) => `M${of['points']}`,
  polygon: (of) => `M${of['points']}z`,
}

/** The `d` of a whole icon. */
export function pathOf(svg: string): string {
  const body = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'))
  return [...body.matchAll(/<(\w+)([^>]*?)\/?>/g)].map(([, tag = '', rest = '']) => {
    const shape = SHAPES[tag]
    if (!shape) throw new Error(`an icon has a <${tag}>, which tools/icons.ts cannot turn into a path`)
    return shape(Object.fromEntries([...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])))
  }).join('')
}

export const lucide: Plugin = {
  name: 'lucide',
  resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
  load(id) {
    if (!id.startsWith(`\0${PREFIX}`)) return null
    const name = id.slice(PREFIX.length + 1)
    return `export default ${JSON.stringify(pathOf(readFileSync(resolve(`lucide-static/icons/${name}.svg`), 'utf8')))}`
  },
}
