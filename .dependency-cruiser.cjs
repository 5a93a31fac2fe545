// The direction of imports, as ARCHITECTURE.md states it, for dependency-cruiser. `npm run structure` runs it;
// scripts/check-modules.mjs then makes sure that it has read every module and that a bad import still fails.
//
// A folder of src/ imports folders with a lower number than its own, and base/. A new folder must be given its number
// here: a folder without one fails the rule `folder-without-level`.

/** Folder of src/ → its level. */
const levels = {
  base: 0,
  platform: 0,
  record: 1,
  filter: 1,
  machine: 1,
  store: 2,
  metadata: 2,
  cluster: 3,
  group: 3,
  transaction: 3,
  quota: 3,
  queue: 3,
  schedule: 3,
  half: 3,
  security: 3,
  broker: 4,
  protocol: 5,
  admin: 5,
  embed: 6,
  server: 6,
  cli: 6,
};

/** Folders that do no I/O and know no time: no `node:*` module, and of packages only what computes. */
const pure = [
  'base',
  'record',
  'filter',
  'machine',
  'metadata',
  'group',
  'transaction',
  'quota',
  'queue',
  'schedule',
  'half',
  'security',
  'protocol',
];

/** What may be imported on one's own level: a machine's log is record batches; server/ holds the wiring. */
const sideways = { machine: ['record'], filter: ['record'], embed: ['server'], cli: ['server', 'embed'] };

/** Files below the broker whose types a protocol may name: what is asked of a machine, and the read side of metadata. */
const vocabulary =
  '^src/(metadata/image|(metadata|group|group/share|group/streams|transaction|queue)/commands)\\.ts$';

const folders = (names) => `^src/(${names.join('|')})/`;
const exact = (paths) => `^(${paths.map((path) => path.replaceAll('.', '\\.')).join('|')})$`;

/** What may use Node, and what of Node loads packages. */
const edge = ['^src/(server|embed|cli)/', '^src/platform/node/'];
const requiring = '^(node:)?module$';

/** cli/ is the top and may import all of src/: it needs no rule. */
const directionOfImports = Object.entries(levels)
  .filter(([folder]) => folder !== 'cli')
  .map(([folder, level]) => {
    const allowed = Object.keys(levels).filter((other) => levels[other] < level);
    return {
      name: `${folder}-imports-only-lower-levels`,
      comment: `src/${folder} is level ${level}: it may import ${['base', ...allowed].join(', ')} and itself.`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: folders(['base', folder, ...allowed, ...(sideways[folder] ?? [])]) },
    };
  });

module.exports = {
  forbidden: [
    ...directionOfImports,
    {
      name: 'folder-without-level',
      comment: 'Every folder of src/ has a level in .dependency-cruiser.cjs and a line in ARCHITECTURE.md.',
      severity: 'error',
      from: { path: '^src/', pathNot: folders(Object.keys(levels)) },
      to: {},
    },
    {
      name: 'protocol-imports-another-protocol',
      comment: 'Protocols meet in broker/, never in each other.',
      severity: 'error',
      from: { path: '^src/protocol/([^/]+)/' },
      to: { path: '^src/protocol/', pathNot: '^src/protocol/$1/' },
    },
    {
      name: 'protocol-goes-past-the-broker',
      comment:
        'A protocol calls broker/, security/, quota/, record/, base/ and the ports; store/ and the machines stay behind the broker.',
      severity: 'error',
      from: { path: '^src/(protocol|admin)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(base|record|security|quota|broker|protocol|admin)/',
          '^src/platform/ports\\.ts$',
          vocabulary,
        ],
      },
    },
    {
      name: 'protocol-takes-only-types-from-below',
      comment: 'The words in which the broker is asked and answers may be imported as types (docs/adr/0002).',
      severity: 'error',
      from: { path: '^src/(protocol|admin)/' },
      to: { path: vocabulary, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'codec-imports-only-base',
      comment: 'A codec is bytes to values and back.',
      severity: 'error',
      from: { path: '^src/protocol/[^/]+/codec/' },
      to: { path: '^src/', pathNot: ['^src/base/', '^src/protocol/[^/]+/codec/'] },
    },
    {
      name: 'platform-node-only-from-the-outside',
      comment: 'Only server/, embed/ and cli/ name platform/node: everything else runs in the simulator.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(server|embed|cli)/', '^src/platform/node/'] },
      to: { path: '^src/platform/node/' },
    },
    {
      name: 'node-modules-only-at-the-edge',
      comment:
        'Time, chance and I/O come in through platform/ports.ts. (The global Buffer is allowed everywhere.)',
      severity: 'error',
      from: { path: '^src/', pathNot: edge },
      to: { dependencyTypes: ['core'], pathNot: requiring },
    },
    {
      name: 'require-only-where-a-package-is-named',
      comment:
        'What the core has of packages is loaded with require, which is faster, and not before it is used.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [...edge, exact(['src/base/crc32c.ts', 'src/base/regular-expression.ts'])],
      },
      to: { path: requiring },
    },
    {
      name: 'packages-in-the-core',
      comment: 'Below the wiring no package is used, but for CRC32C and for RE2, each where it is named.',
      severity: 'error',
      from: { path: folders([...pure, 'store', 'broker', 'cluster']) },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: ['@node-rs/crc32', 'node_modules/re2js/'],
      },
    },
    {
      name: 'crc32-only-in-base',
      severity: 'error',
      from: { path: '^src/', pathNot: exact(['src/base/crc32c.ts']) },
      to: { path: '@node-rs/crc32' },
    },
    {
      name: 're2-only-in-base',
      comment: 'Regular expressions that come from outside: docs/adr/0012.',
      severity: 'error',
      from: { path: '^src/', pathNot: exact(['src/base/regular-expression.ts']) },
      to: { path: '(^|node_modules/)re2js(/|$)' },
    },
    {
      name: 'http-only-in-admin',
      comment: 'What HTTP, metrics and pushed metrics need: docs/adr/0014.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/admin/' },
      to: { path: '(^|node_modules/)(fastify|prom-client|protobufjs)(/|$)' },
    },
    {
      name: 'src-imports-what-tests-it',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|sim|fuzz|bench|conformance|scripts|examples)/' },
    },
    {
      name: 'package-not-a-dependency',
      comment: 'What src/ imports is in `dependencies`: it is there when the package is installed.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'cycle',
      comment: 'Imports that remain after compilation form no cycle.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'orphan',
      comment: 'A module that nothing imports and that imports nothing.',
      severity: 'error',
      from: { orphan: true, path: '^src/' },
      to: {},
    },
    {
      name: 'unresolved',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
