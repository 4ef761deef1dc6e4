// Writes docs/guide.md and docs/planner.md from the tables of the program (dist/) and test/guide/statements.json.
// `node scripts/guide-docs.mjs` after a build; test/guide/docs.test.ts fails when the files are behind.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Short names of test files in statements.json. */
export const TEST_FILES = {
  checks: 'test/guide/checks.test.ts',
  planner: 'test/guide/planner.test.ts',
  tables: 'test/guide/tables.test.ts',
  sheet: 'test/guide/sheet.test.ts',
  monitor: 'test/monitor/monitor.test.ts',
};

/** `checks: name of the test` -> its file and name. */
export function splitTest(text) {
  const at = text.indexOf(': ');
  return { file: TEST_FILES[text.slice(0, at)], name: text.slice(at + 2) };
}

const cell = (text) => String(text).replaceAll('|', '\\|');
const table = (heads, rows) =>
  [
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');
const yes = (value) => (value ? 'yes' : 'no');

export function guideDoc({ statements, checks }) {
  const count = statements.reduce((sum, { rows }) => sum + rows.length, 0);
  const parts = statements.map(
    ({ part, rows }) =>
      `### ${part}\n\n${table(
        ['What the guide teaches', 'Where it is in Lightkeeper', 'Shown by'],
        rows.map(([statement, where, tests]) => [
          statement,
          where,
          tests.map((test) => `${splitTest(test).file.replace('test/', '')}: ${splitTest(test).name}`).join('<br>'),
        ]),
      )}`,
  );
  return `# The studio guide inside

Lightkeeper knows what a practical guide to interface inputs and outputs teaches: which source goes into which socket,
what 48 V does to whom, how far a cable may run, how boxes share a clock. You write a patch sheet; it tells you what will
go wrong before the first take. Phantom on a dynamic does no harm, and it never says otherwise.

## A patch sheet

The page edits it under Patch: rows are filled from the tables, each answer of the checks stands under the row that it
concerns, and \`/api/patch/print\` is the sheet for the wall. It is the section \`patch\` of the configuration, and the
body of \`POST /api/guide/check\`. Fields that you leave out take their defaults. A whole sheet is made by the [planner](planner.md); a small one looks like this:

\`\`\`json
{
  "rateHz": 48000,
  "interface": { "name": "18i20", "model": "1235:8215", "ports": [{ "id": "adat-a", "name": "ADAT A", "first": 13, "last": 20 }] },
  "expanders": [{ "id": "octopre", "name": "OctoPre", "model": "clarett-octopre", "clock": "adat", "fibres": ["adat-a"] }],
  "inputs": [
    { "channel": 1, "name": "Room", "connector": "xlr", "source": "ribbonPassive", "phantom": true },
    { "channel": 13, "name": "Kick", "box": "octopre", "input": 1, "connector": "combo", "source": "dynamic" }
  ]
}
\`\`\`

![The sheet on a phone: a passive ribbon under a 48 V switch that another input needs](pictures/phone-patch.png)

Two answers come back: 48 V is on at a passive ribbon, and the OctoPre is set to ADAT sync with no fibre to its ADAT IN.

## The checks

Alarm: damage, silence or a ruined take. Warning: it will be heard. Info: it works, and is worth knowing.

${table(
  ['Code', 'Severity', 'Says'],
  checks.map(({ code, severity, what }) => [`\`${code}\``, severity, what]),
)}

The words of this table are those of a real answer, on a sheet made to have that fault.

## What the guide teaches, where it went, and the test that shows it

${count} statements that can be checked on a sheet or planned for. Written by \`node scripts/guide-docs.mjs\`; a test
compares this file with the tables, and each test named here with the test files.

${parts.join('\n\n')}

## What the box does not claim

It can't see a cable, a switch or a power strip. What the sheet does not say, it does not judge: a synth with no level
written down, headphones with no impedance, a cable with no length. Hum in the monitors, quiet headphones and latency
happen after the interface: it asks, it does not diagnose them from here.
`;
}

export function plannerDoc({ brief, text, expanders, abilities }) {
  return `# The planner

From a brief to a rig: what the session needs, what the interface covers at each rate, which expanders cover the rest,
then the channel map, the wiring, the clock settings in the words of each box, a sheet to print and a configuration.

\`\`\`
lightkeeper plan brief.json
lightkeeper plan brief.json --sheet sheet.pdf --config lightkeeper.json
\`\`\`

The page has it under Plan; programs send the brief to \`POST /api/guide/plan\`. A PDF needs a Chromium on the machine;
an .html sheet prints from any browser.

## The brief

\`\`\`json
${brief.trim()}
\`\`\`

| Field | Says |
|---|---|
| \`rateHz\` | rate of the session; 48000 by default |
| \`interface\` | id or USB id from the table below; left out: the planner chooses the smallest that does it |
| \`sources\` | all that is recorded at once: \`name\`, \`kind\`, \`count\` |
| \`headphones\` | who listens to which \`mix\`; the same name is the same mix and counts once; \`main\` is what the monitors play |
| \`monitorPairs\` | 1 by default; 2 for A/B |
| \`growth\` | microphone inputs wanted later |
| \`have\` | expanders already there |
| \`expander\` | the model to add; left out: the planner chooses |

Kinds of source: dynamic, condenser, ribbonPassive, ribbonActive, diActive, diPassive, instrumentPassive,
instrumentActive, synth, linePlus4, lineMinus10, digital.

## What comes back

\`lightkeeper plan examples/band-brief.json\`:

\`\`\`
${text.trimEnd()}
\`\`\`

## How it decides

- Each source gets an input of its kind; as many as possible are served before comfort counts. A passive instrument without
  an instrument input gets a DI, an active one goes to line.
- A passive ribbon never stands under a 48 V switch that another source needs on. If that can't be had, it has no input.
- A fibre carries 8, 4 or 2 channels at 1x, 2x, 4x rates. At 2x a second fibre brings inputs 5 to 8, where both boxes have
  the sockets.
- The interface is clock master where every expander can hear it: over a second fibre first; over word clock only with
  several expanders. A single expander that can't hear it over fibre leads, and the interface follows: no word clock.
- A stereo pair of outputs carries one mix, whatever sockets hang on it. Too few headphone sockets: an amplifier on a line
  pair.
- Of several expander models it takes the fewest boxes, then those clocked over fibre, then those whose facts are verified.
- Every plan's sheet goes through the checks. Facts that nobody has verified are said.

## Expanders

Verified: read in the maker's papers. The rest is common knowledge, to be compared with the box.

${table(
  [
    'Id',
    'Box',
    'In',
    'Mic',
    'Inst',
    'ADAT out / in',
    'Word clock in / out',
    'To',
    'ADAT sync: what to do',
    'Ports',
    'Sync',
    'From',
  ],
  expanders.map((m) => [
    `\`${m.id}\``,
    `${m.maker} ${m.name}`,
    m.inputs,
    m.micInputs,
    m.instInputs,
    `${m.adatOuts} / ${m.adatIns}`,
    `${yes(m.wordClockIn)} / ${yes(m.wordClockOut)}`,
    `${m.maxAdatRateHz / 1000} kHz`,
    m.setSync.adat ?? `none; word clock: ${m.setSync.wordClock ?? 'none'}`,
    m.verified.ports ? 'verified' : '?',
    m.verified.sync ? 'verified' : '?',
    m.source,
  ]),
)}

## Interfaces

${table(
  [
    'Id',
    'Interface',
    'Analogue inputs',
    'Stereo pairs',
    'Headphone sockets',
    'ADAT out',
    'Word clock out',
    'Verified',
    'From',
  ],
  abilities.map((a) => [
    `\`${a.id}\``,
    a.name,
    a.inputs.reduce((most, { last }) => Math.max(most, last), 0),
    a.feeds.length,
    a.feeds.reduce((sum, { phones }) => sum + phones, 0),
    a.adatOuts,
    yes(a.wordClockOut),
    a.verified ? 'yes' : '?',
    a.source,
  ]),
)}
`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const load = (file) => import(pathToFileURL(join(root, 'dist', file)).href);
  const [
    { EXPANDERS },
    { ABILITIES },
    { describeChecks },
    { parseBrief },
    { planSession },
    { planText },
    { loadInterfaceTable },
  ] = await Promise.all([
    load('guide/expanders.js'),
    load('guide/abilities.js'),
    load('guide/describeChecks.js'),
    load('guide/brief.js'),
    load('guide/planner.js'),
    load('guide/planText.js'),
    load('device/interfaces/interfaceTable.js'),
  ]);
  const read = (file) => readFileSync(join(root, file), 'utf8');
  const brief = read('examples/band-brief.json');
  const planned = planSession(parseBrief(JSON.parse(brief)).value, loadInterfaceTable().maps);
  const statements = JSON.parse(read('test/guide/statements.json'));
  writeFileSync(join(root, 'docs/guide.md'), guideDoc({ statements, checks: describeChecks() }));
  writeFileSync(
    join(root, 'docs/planner.md'),
    plannerDoc({ brief, text: planText(planned.value), expanders: EXPANDERS, abilities: ABILITIES }),
  );
  console.log('docs/guide.md and docs/planner.md written');
}
