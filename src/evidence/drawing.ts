/** A small picture as data, and its SVG. Coordinates are px from the upper left corner; a text stands with its top at y. */

export type Shape =
  | { readonly kind: 'rect'; x: number; y: number; width: number; height: number; fill: Colour }
  /** x, y of each corner in turn. */
  | { readonly kind: 'line'; points: readonly number[]; stroke: Colour; width: number; dashed?: boolean }
  /** Upright bars: x, y of the top, y of the foot in turn. */
  | { readonly kind: 'bars'; bars: readonly number[]; stroke: Colour; width: number }
  | { readonly kind: 'dot'; x: number; y: number; radius: number; fill: Colour }
  | {
      readonly kind: 'text';
      x: number;
      y: number;
      text: string;
      size: 'small' | 'large';
      align: 'left' | 'centre' | 'right';
      fill: Colour;
    };

/** `#rrggbb` */
export type Colour = string;

export interface Drawing {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly background: Colour;
  /** In the order of drawing. */
  readonly shapes: readonly Shape[];
  /** One line for who can't see it. */
  readonly title: string;
}

const number = (value: number) => String(Math.round(value * 100) / 100);

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const SIZES = { small: { px: 12, baseline: 10 }, large: { px: 16, baseline: 13 } } as const;
const ANCHORS = { left: 'start', centre: 'middle', right: 'end' } as const;

function svgShape(shape: Shape): string {
  switch (shape.kind) {
    case 'rect':
      return `<rect x="${number(shape.x)}" y="${number(shape.y)}" width="${number(shape.width)}" height="${number(shape.height)}" fill="${shape.fill}"/>`;
    case 'line': {
      const points: string[] = [];
      for (let i = 0; i + 1 < shape.points.length; i += 2)
        points.push(`${number(shape.points[i]!)},${number(shape.points[i + 1]!)}`);
      const dash = shape.dashed === true ? ' stroke-dasharray="4 3"' : '';
      return `<polyline points="${points.join(' ')}" fill="none" stroke="${shape.stroke}" stroke-width="${number(shape.width)}" stroke-linejoin="round"${dash}/>`;
    }
    case 'bars': {
      let path = '';
      for (let i = 0; i + 2 < shape.bars.length; i += 3)
        path += `M${number(shape.bars[i]!)} ${number(shape.bars[i + 1]!)}V${number(shape.bars[i + 2]!)}`;
      return `<path d="${path}" stroke="${shape.stroke}" stroke-width="${number(shape.width)}" fill="none"/>`;
    }
    case 'dot':
      return `<circle cx="${number(shape.x)}" cy="${number(shape.y)}" r="${number(shape.radius)}" fill="${shape.fill}"/>`;
    case 'text': {
      const { px, baseline } = SIZES[shape.size];
      return `<text x="${number(shape.x)}" y="${number(shape.y + baseline)}" font-size="${px}" text-anchor="${ANCHORS[shape.align]}" fill="${shape.fill}">${escaped(shape.text)}</text>`;
    }
  }
}

export function drawingSvg(drawing: Drawing): string {
  const { widthPx, heightPx, background, shapes, title } = drawing;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="img" font-family="system-ui, sans-serif">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${widthPx}" height="${heightPx}" fill="${background}"/>`,
    ...shapes.map(svgShape),
    '</svg>',
    '',
  ].join('\n');
}
