#!/usr/bin/env node

// Makes sure that the rules of .dependency-cruiser.cjs are really applied. Exits 1 otherwise.
//
// 1. dependency-cruiser has read every module of src/, and found the imports in them. (With a TypeScript that it does
//    not support it reads none and passes.)
// 2. A small tree with one bad import for each rule is refused by that rule. A rule without such an example fails.

import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const configuration = '.dependency-cruiser.cjs';
const { forbidden } = createRequire(import.meta.url)(join(root, configuration));
const run = promisify(execFile);
const problems = [];

/** What dependency-cruiser says of the folder src/ in `directory`, as its JSON. */
async function cruise(directory) {
  const arguments_ = ['--config', configuration, '--output-type', 'json', 'src'];
  const options = { cwd: directory, maxBuffer: 256 * 1024 * 1024 };
  const binary = join(root, 'node_modules/.bin/depcruise');
  // Violations end it with a number above 0: its output is what counts.
  const { stdout } = await run(binary, arguments_, options).catch((error) => error);
  if (!stdout) throw new Error(`depcruise in ${directory} printed nothing`);
  return JSON.parse(stdout);
}

async function sources(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|mts|cts|js|mjs|cjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

async function everyModuleIsRead() {
  const files = await sources(join(root, 'src'));
  const { modules } = await cruise(root);
  const read = new Map(modules.map((module) => [module.source, module]));
  for (const file of files) {
    const module = read.get(file);
    const text = await readFile(join(root, file), 'utf8');
    if (!module) problems.push(`${file}: not read by dependency-cruiser`);
    else if (/^(import|export)\s[^;]*?\sfrom\s+'/m.test(text) && module.dependencies.length === 0) {
      problems.push(`${file}: dependency-cruiser found none of its imports`);
    }
  }
  return files.length;
}

/**
 * Rule → files of a small tree that break it, where `bad` stands for a name of the rule's own. Modules named by an
 * import exist as harmless ones, but for gone.ts.
 */
const examples = {
  'folder-without-level': { 'src/attic/bad.ts': "import '../base/b.ts';" },
  'protocol-imports-another-protocol': { 'src/protocol/kafka/bad.ts': "import '../amqp/b.ts';" },
  'protocol-goes-past-the-broker': {
    'src/protocol/kafka/bad.ts': "import type { B } from '../../store/b.ts';",
  },
  'protocol-takes-only-types-from-below': {
    'src/protocol/kafka/bad.ts': "import { b } from '../../metadata/image.ts';",
  },
  'codec-imports-only-base': { 'src/protocol/kafka/codec/bad.ts': "import '../../../record/b.ts';" },
  'platform-node-only-from-the-outside': { 'src/broker/bad.ts': "import '../platform/node/b.ts';" },
  'node-modules-only-at-the-edge': { 'src/store/bad.ts': "import { open } from 'node:fs';" },
  'require-only-where-a-package-is-named': {
    'src/store/bad.ts': "import { createRequire } from 'node:module';",
  },
  'packages-in-the-core': { 'src/store/bad.ts': "import { pino } from 'pino';" },
  'crc32-only-in-base': { 'src/record/bad.ts': "import { crc32c } from '@node-rs/crc32';" },
  're2-only-in-base': { 'src/broker/bad.ts': "import { RE2JS } from 're2js';" },
  'http-only-in-admin': { 'src/server/bad.ts': "import { fastify } from 'fastify';" },
  'src-imports-what-tests-it': { 'src/cli/bad.ts': "import '../../sim/b.ts';" },
  'package-not-a-dependency': { 'src/cli/bad.ts': "import fc from 'fast-check';" },
  cycle: { 'src/store/bad.ts': "import './bad-too.ts';", 'src/store/bad-too.ts': "import './bad.ts';" },
  orphan: { 'src/store/bad.ts': 'export const alone = 1;' },
  unresolved: { 'src/store/bad.ts': "import './gone.ts';" },
};

/** Breaks the rule of a folder's level by importing from the top. */
function exampleOfDirection(rule) {
  const [, folder] = /^(\w+)-imports-only-lower-levels$/.exec(rule.name) ?? [];
  const target = ['cli', 'admin'].find(
    (name) => name !== folder && !new RegExp(rule.to.pathNot).test(`src/${name}/`),
  );
  return folder && target && { [`src/${folder}/bad.ts`]: `import '../${target}/b.ts';` };
}

async function write(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function writeExample(directory, rule, files) {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name.replace('/bad', `/${rule.name}`));
    for (const [, target] of text.matchAll(/'(\.[^']+)'/g)) {
      if (/\/(bad|gone)/.test(target)) continue;
      await write(join(dirname(path), target), 'export const b = 1;\nexport type B = number;\n');
    }
    await write(path, `${text.replaceAll('./bad', `./${rule.name}`)}\n`);
  }
}

async function everyRuleRefuses() {
  const directory = await mkdtemp(join(tmpdir(), 'polylog-rules-'));
  try {
    for (const name of [configuration, 'tsconfig.json', 'package.json']) {
      await copyFile(join(root, name), join(directory, name));
    }
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
    for (const rule of forbidden) {
      const files = examples[rule.name] ?? exampleOfDirection(rule);
      if (files) await writeExample(directory, rule, files);
      else
        problems.push(`rule ${rule.name}: no bad import to try it on; add one to scripts/check-modules.mjs`);
    }
    const { summary } = await cruise(directory);
    for (const { name } of forbidden) {
      const own = summary.violations.filter(
        ({ from }) => /\/([a-z0-9-]+?)(-too)?\.ts$/.exec(from)?.[1] === name,
      );
      const broken = own.map(({ rule }) => rule.name);
      if (broken.includes(name)) continue;
      problems.push(`rule ${name} let its bad import pass (reported: ${broken.join(', ') || 'nothing'})`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const modules = await everyModuleIsRead();
await everyRuleRefuses();
for (const problem of problems) console.error(`check-modules: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`check-modules: ${modules} modules read, ${forbidden.length} rules refuse their bad import`);
