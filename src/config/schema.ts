/**
 * The configuration: one schema that gives type, validation, defaults, the page's form and docs/config.md.
 * Each field carries its unit and limits, and `x-rebuilds`: the part that a change rebuilds (`none`: at once).
 */
import { type Static, Type } from 'typebox';
import { METER_SCALES, type MeterScaleName } from '../dsp/meterScales.ts';
import { PatchSheet } from '../guide/patchSheet.ts';
import { MqttSettings, OscSettings, WebhookSettings } from '../integrations/settings.ts';
import { BankKind, Vantage } from '../monitor/snapshot.ts';

const rebuilds = (part: 'capture' | 'monitor' | 'panel' | 'buttons' | 'web' | 'none') => ({ 'x-rebuilds': part });

export const BankConfig = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9-]{1,24}$', description: 'Short name for programs.' }),
    name: Type.String({ minLength: 1, maxLength: 16, description: 'As printed on the interface: ADAT A.' }),
    kind: BankKind,
    first: Type.Integer({ minimum: 1, maximum: 64, description: 'First channel, 1-based.' }),
    last: Type.Integer({ minimum: 1, maximum: 64, description: 'Last channel, 1-based.' }),
    box: Type.Optional(Type.String({ maxLength: 16, description: 'The box on the other end: OctoPre.' })),
  },
  { additionalProperties: false },
);

export const Config = Type.Object(
  {
    version: Type.Literal(1),
    capture: Type.Object(
      {
        device: Type.String({
          default: 'auto',
          maxLength: 128,
          description: 'ALSA name (hw:1,0), USB id (1235:8215), or auto: the first USB capture card.',
          ...rebuilds('capture'),
        }),
        rateHz: Type.Union([Type.Null(), Type.Integer({ minimum: 8000, maximum: 192000 })], {
          default: null,
          description: "Sample rate, Hz; null keeps the device's present rate.",
          ...rebuilds('capture'),
        }),
        channels: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 64 })], {
          default: null,
          description: 'Channels to capture; null: all.',
          ...rebuilds('capture'),
        }),
        vantage: Type.Unsafe<Static<typeof Vantage>>({
          ...Vantage,
          default: 'own',
          ...rebuilds('monitor'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    meter: Type.Object(
      {
        clipRun: Type.Integer({
          minimum: 1,
          maximum: 20,
          default: 3,
          description: 'Full-scale samples in a row that make a clip.',
          ...rebuilds('monitor'),
        }),
        holdMs: Type.Integer({
          minimum: 500,
          maximum: 3_600_000,
          default: 1000,
          description: 'Peak hold, ms; 3600000 holds until cleared.',
          ...rebuilds('monitor'),
        }),
        ballistic: Type.Unsafe<MeterScaleName>({
          ...Type.Enum(Object.keys(METER_SCALES)),
          default: 'digital',
          description:
            'How bars move and what their scale is: digital (peak, IEC 60268-18), ppmDin and ppmNordic (60268-10 I), ppmBbc (IIa), ppmEbu (IIb), vu (60268-17), k12, k14, k20.',
          ...rebuilds('monitor'),
        }),
        unit: Type.Unsafe<'dBFS' | 'dBu' | 'dBV'>({
          ...Type.Enum(['dBFS', 'dBu', 'dBV']),
          default: 'dBFS',
          description: 'What levels are told in; dBu and dBV need fullScaleDbu.',
          ...rebuilds('monitor'),
        }),
        fullScaleDbu: Type.Union([Type.Null(), Type.Number({ minimum: -60, maximum: 40 })], {
          default: null,
          description:
            "Level of 0 dBFS at the interface's line inputs, dBu: its maximum input level, from the data sheet; null: not known.",
          ...rebuilds('monitor'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    channels: Type.Array(
      Type.Object(
        {
          index: Type.Integer({ minimum: 1, maximum: 64, description: '1-based.' }),
          name: Type.String({ maxLength: 16, description: 'As on the track sheet: Kick in.' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 64, default: [], description: 'Names of channels.', ...rebuilds('monitor') },
    ),
    banks: Type.Array(BankConfig, {
      maxItems: 16,
      default: [],
      description: 'Banks, where the table of interfaces is to be corrected; empty: as the table says.',
      ...rebuilds('monitor'),
    }),
    loudness: Type.Union(
      [
        Type.Null(),
        Type.Array(
          Type.Object(
            {
              name: Type.String({ minLength: 1, maxLength: 16, description: 'What is measured: Mix.' }),
              channels: Type.Array(Type.Integer({ minimum: 1, maximum: 64 }), {
                minItems: 1,
                maxItems: 24,
                uniqueItems: true,
                description: 'Channels measured together, 1-based.',
              }),
            },
            { additionalProperties: false },
          ),
          { maxItems: 8 },
        ),
      ],
      {
        default: null,
        description:
          'Groups whose programme loudness (LUFS) is measured; null: the first two channels of a loopback, where there is one.',
        ...rebuilds('monitor'),
      },
    ),
    web: Type.Object(
      {
        host: Type.String({
          default: '127.0.0.1',
          maxLength: 64,
          description: 'Address to listen on; 0.0.0.0 opens the page to the LAN.',
          ...rebuilds('web'),
        }),
        port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080, description: 'TCP port.', ...rebuilds('web') }),
        allowedHosts: Type.Array(Type.String({ maxLength: 128 }), {
          maxItems: 16,
          default: [],
          description: 'Further names under which the page may be asked for.',
          ...rebuilds('web'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    panel: Type.Object(
      {
        flip: Type.Boolean({ default: false, description: 'Turned by 180 degrees.', ...rebuilds('panel') }),
        controller: Type.Unsafe<'auto' | 'none' | 'ssd1306' | 'ssd1309' | 'sh1106'>({
          ...Type.Enum(['auto', 'none', 'ssd1306', 'ssd1309', 'sh1106']),
          default: 'auto',
          description: "The OLED's controller; auto: an SSD1306 on a Raspberry Pi, none elsewhere.",
          ...rebuilds('panel'),
        }),
        bus: Type.Integer({
          minimum: 0,
          maximum: 255,
          default: 1,
          description: 'N of /dev/i2c-N.',
          ...rebuilds('panel'),
        }),
        address: Type.Union([Type.Null(), Type.Integer({ minimum: 0x08, maximum: 0x77 })], {
          default: null,
          description: 'I2C address, 7 bits; null: 60 (0x3c), then 61 (0x3d).',
          ...rebuilds('panel'),
        }),
        invert: Type.Boolean({ default: false, description: 'Dark on light.', ...rebuilds('panel') }),
      },
      { additionalProperties: false, default: {} },
    ),
    buttons: Type.Object(
      {
        chip: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 31 })], {
          default: null,
          description: "Label of the GPIO chip; null: the Raspberry Pi's header.",
          ...rebuilds('buttons'),
        }),
        lines: Type.Union(
          [
            Type.Null(),
            Type.Array(Type.String({ minLength: 1, maxLength: 31 }), { minItems: 2, maxItems: 4, uniqueItems: true }),
          ],
          {
            default: null,
            description:
              'Lines of the buttons A, B, C, D, by name or offset, each to ground; null: GPIO5 and GPIO6 on a Raspberry Pi, none elsewhere.',
            ...rebuilds('buttons'),
          },
        ),
        lamp: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 31 })], {
          default: null,
          description: 'Line of an alarm lamp, lit when high; null: none.',
          ...rebuilds('buttons'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    takes: Type.Object(
      {
        begin: Type.Unsafe<'byHand' | 'level' | 'timecode'>({
          ...Type.Enum(['byHand', 'level', 'timecode']),
          default: 'byHand',
          description:
            'What begins a take besides button, page and OSC: the level of a channel, or timecode on a channel while it runs.',
          ...rebuilds('none'),
        }),
        channel: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 64 })], {
          default: null,
          description: 'Channel whose level begins and ends takes; null: the loudest of all.',
          ...rebuilds('none'),
        }),
        startDbfs: Type.Number({
          minimum: -90,
          maximum: 0,
          default: -40,
          description: 'Peak level above which a take begins, dBFS.',
          ...rebuilds('none'),
        }),
        startS: Type.Number({
          minimum: 0,
          maximum: 60,
          default: 2,
          description:
            'So long it must have played, s; gaps of half a second do not count. The take begins where it began.',
          ...rebuilds('none'),
        }),
        endDbfs: Type.Number({
          minimum: -100,
          maximum: 0,
          default: -50,
          description: 'Peak level below which it is quiet, dBFS; never above startDbfs.',
          ...rebuilds('none'),
        }),
        endS: Type.Number({
          minimum: 1,
          maximum: 600,
          default: 10,
          description: 'Silence, or time without timecode, that ends a take which began by itself, s.',
          ...rebuilds('none'),
        }),
        timecodeChannel: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 64 })], {
          default: null,
          description: 'Channel that carries linear timecode (LTC): for takes and for markers; null: none.',
          ...rebuilds('none'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    recorder: Type.Object(
      {
        enabled: Type.Boolean({
          default: false,
          description: 'Record takes, all channels, to a USB disk.',
          ...rebuilds('capture'),
        }),
        folder: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 256, pattern: '^/' })], {
          default: null,
          description: 'Folder of the recordings, on a USB disk; null: the first USB disk that is mounted.',
          ...rebuilds('none'),
        }),
        allowInternal: Type.Boolean({
          default: false,
          description: 'A disk inside the machine will do for the folder too. An SD card never does.',
          ...rebuilds('none'),
        }),
        preRollS: Type.Integer({
          minimum: 0,
          maximum: 120,
          default: 60,
          description: 'Seconds before the take that its file begins with, as far as memory goes.',
          ...rebuilds('none'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    journal: Type.Object(
      {
        maxMb: Type.Integer({
          minimum: 4,
          maximum: 4096,
          default: 64,
          description: 'Room for the journal on the state partition, MB; the oldest goes first.',
          ...rebuilds('none'),
        }),
        maxDays: Type.Integer({
          minimum: 1,
          maximum: 3650,
          default: 90,
          description: 'Sessions older than this are forgotten, days.',
          ...rebuilds('none'),
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    mqtt: MqttSettings,
    osc: OscSettings,
    webhook: WebhookSettings,
    patch: Type.Optional(
      Type.Unsafe<PatchSheet>({
        ...PatchSheet,
        description: 'Patch sheet of the session: what is plugged where.',
        ...rebuilds('none'),
      }),
    ),
  },
  { additionalProperties: false },
);
export type Config = Static<typeof Config>;
