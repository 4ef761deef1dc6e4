import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as uapi from '../../src/device/gpio/uapi.ts';

const compiler = ['/usr/bin/cc', '/usr/bin/gcc'].find((path) => existsSync(path));
const header = '/usr/include/linux/gpio.h';

describe('the GPIO uAPI', () => {
  it.skipIf(compiler === undefined || !existsSync(header))(
    "has the sizes, offsets and ioctl numbers of the kernel's own header",
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'lightkeeper-uapi-'));
      try {
        writeFileSync(
          join(dir, 'uapi.c'),
          `#include <linux/gpio.h>
#include <stddef.h>
#include <stdio.h>
#define N(x) printf("%lu\\n", (unsigned long)(x))
int main(void) {
  N(sizeof(struct gpiochip_info)); N(sizeof(struct gpio_v2_line_info)); N(sizeof(struct gpio_v2_line_request));
  N(sizeof(struct gpio_v2_line_values)); N(sizeof(struct gpio_v2_line_event));
  N(GPIO_GET_CHIPINFO_IOCTL); N(GPIO_V2_GET_LINEINFO_IOCTL); N(GPIO_V2_GET_LINE_IOCTL);
  N(GPIO_V2_LINE_GET_VALUES_IOCTL); N(GPIO_V2_LINE_SET_VALUES_IOCTL);
  N(offsetof(struct gpio_v2_line_request, consumer)); N(offsetof(struct gpio_v2_line_request, config.flags));
  N(offsetof(struct gpio_v2_line_request, config.num_attrs)); N(offsetof(struct gpio_v2_line_request, config.attrs[0].attr.id));
  N(offsetof(struct gpio_v2_line_request, config.attrs[1].mask)); N(offsetof(struct gpio_v2_line_request, num_lines));
  N(offsetof(struct gpio_v2_line_request, fd)); N(offsetof(struct gpio_v2_line_info, offset)); N(offsetof(struct gpio_v2_line_info, flags));
  N(offsetof(struct gpiochip_info, lines)); N(offsetof(struct gpio_v2_line_event, id)); N(offsetof(struct gpio_v2_line_event, offset));
  N(offsetof(struct gpio_v2_line_event, seqno));
  N(GPIO_V2_LINE_FLAG_USED); N(GPIO_V2_LINE_FLAG_ACTIVE_LOW); N(GPIO_V2_LINE_FLAG_INPUT); N(GPIO_V2_LINE_FLAG_OUTPUT);
  N(GPIO_V2_LINE_FLAG_EDGE_RISING); N(GPIO_V2_LINE_FLAG_EDGE_FALLING); N(GPIO_V2_LINE_FLAG_BIAS_PULL_UP);
  N(GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES); N(GPIO_V2_LINE_ATTR_ID_DEBOUNCE); N(GPIO_V2_LINE_EVENT_RISING_EDGE); N(GPIO_V2_LINE_EVENT_FALLING_EDGE);
  return 0;
}
`,
        );
        execFileSync(compiler!, ['-o', join(dir, 'uapi'), join(dir, 'uapi.c')]);
        const said = execFileSync(join(dir, 'uapi'), { encoding: 'utf8' }).trim().split('\n').map(Number);
        const { SIZE, LINE_FLAG } = uapi;
        expect(said).toEqual([
          ...[SIZE.chipInfo, SIZE.lineInfo, SIZE.lineRequest, SIZE.lineValues, SIZE.lineEvent],
          ...[uapi.GPIO_GET_CHIPINFO_IOCTL, uapi.GPIO_V2_GET_LINEINFO_IOCTL, uapi.GPIO_V2_GET_LINE_IOCTL],
          ...[uapi.GPIO_V2_LINE_GET_VALUES_IOCTL, uapi.GPIO_V2_LINE_SET_VALUES_IOCTL],
          ...[256, 288, 296, 320, 360, 560, 588, 64, 72, 64, 8, 12, 16],
          ...[LINE_FLAG.used, LINE_FLAG.activeLow, LINE_FLAG.input, LINE_FLAG.output].map(Number),
          ...[LINE_FLAG.edgeRising, LINE_FLAG.edgeFalling, LINE_FLAG.pullUp].map(Number),
          ...[2, 3, uapi.EVENT_RISING, uapi.EVENT_FALLING],
        ]);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );

  it('writes a request for two pulled-up buttons with debounce where the kernel reads it', () => {
    const bytes = uapi.lineRequestOf({
      offsets: [17, 27],
      consumer: 'lightkeeper',
      flags: uapi.LINE_FLAG.input | uapi.LINE_FLAG.pullUp,
      debounceUs: 5000,
      values: null,
    });
    const view = new DataView(bytes.buffer);
    expect([view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]).toEqual([17, 27, 0]);
    expect(Buffer.from(bytes.subarray(256, 268)).toString('latin1')).toBe('lightkeeper\0');
    expect(view.getBigUint64(288, true)).toBe((1n << 2n) | (1n << 8n));
    expect(view.getUint32(296, true)).toBe(1);
    expect([view.getUint32(320, true), view.getUint32(328, true)]).toEqual([3, 5000]);
    expect(view.getBigUint64(336, true)).toBe(3n);
    expect(view.getUint32(560, true)).toBe(2);
  });
});
