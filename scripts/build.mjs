#!/usr/bin/env node

// Bundles the sources with esbuild.
//
//   node scripts/build.mjs            dist/cli/main.js (executable), dist/embed/index.js, dist/chunks/*
//   node scripts/build.mjs --types    the same, and type declarations of the public entry into dist/types
//   node scripts/build.mjs --sim      build/sim/main.js, build/fuzz/main.js and build/bench/micro/*.js
//
// Guarantees: what a build writes replaces what an earlier one wrote (no stale chunk stays behind); an entry point
// that does not exist is skipped with a note; any other problem ends with exit code 1.
// Packages stay external: dist runs beside node_modules, as an installed package does. Each dynamic import becomes a
// chunk of its own, so a command loads only what it uses.

import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const known = new Set(['--types', '--sim']);

for (const flag of flags) {
  if (!known.has(flag)) {
    console.error(`build: unknown flag ${flag}; known are ${[...known].join(' and ')}`);
    process.exit(2);
  }
}

/** Entry points by the name of their output, without those whose source does not exist. */
function existing(entries) {
  const found = Object.entries(entries).filter(([, source]) => {
    if (existsSync(join(root, source))) return true;
    console.error(`build: skipped ${source}: no such file`);
    return false;
  });
  return Object.fromEntries(found);
}

async function bundle(entries, outdir) {
  const entryPoints = existing(entries);
  if (Object.keys(entryPoints).length === 0) return;
  const { version, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const result = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: externalPackages(dependencies),
    // Bundled CommonJS packages ask for Node's modules with require.
    banner: {
      js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);",
    },
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    define: { __POLYLOG_VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
    metafile: true,
  });
  for (const [name, output] of Object.entries(result.metafile.outputs)) {
    if (output.entryPoint === 'src/cli/main.ts') await chmod(join(root, name), 0o755);
  }
  await writeNotices(Object.keys(result.metafile.inputs), outdir);
  const kept = new Set(Object.keys(result.metafile.outputs).map((name) => join(root, name)));
  await removeOthers(
    [...Object.keys(entries).map(dirname), 'chunks'].map((name) => join(outdir, name)),
    kept,
  );
}

/** The licenses of the packages that became part of the bundle. */
async function writeNotices(inputs, outdir) {
  const packages = new Set(
    inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const notices = [];
  for (const name of [...packages].sort()) {
    const folder = join(root, 'node_modules', name);
    const license = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    const text = license === undefined ? '' : await readFile(join(folder, license), 'utf8');
    const { version, license: kind } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    notices.push(`${name} ${version} (${kind})\n\n${text.trim()}\n`);
  }
  if (notices.length > 0)
    await writeFile(join(outdir, 'THIRD-PARTY.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}

/**
 * Packages that stay beside the bundle: all but those that every start loads, where one file read and compiled instead
 * of a hundred is worth tens of milliseconds.
 */
function externalPackages(dependencies) {
  const bundled = new Set(['commander', 'pino', 'pino-pretty']);
  return Object.keys(dependencies).filter((name) => !bundled.has(name));
}

/** Removes what an earlier build left in these folders. */
async function removeOthers(folders, kept) {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      if (!kept.has(join(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Declarations of what the public entry reaches. */
async function declarations() {
  const { default: ts } = await import('typescript');
  const entry = join(root, 'src/embed/index.ts');
  if (!existsSync(entry)) {
    console.error('build: skipped the type declarations: no src/embed/index.ts');
    return;
  }
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
      },
    },
  );
  const outDir = join(root, 'dist/types');
  await rm(outDir, { recursive: true, force: true });
  const program = ts.createProgram([entry], {
    ...config.options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, 'src'),
    outDir,
  });
  const problems = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (problems.length > 0) {
    console.error(
      ts.formatDiagnostics(problems, {
        getCurrentDirectory: () => root,
        getCanonicalFileName: (name) => name,
        getNewLine: () => '\n',
      }),
    );
    process.exitCode = 1;
  }
}

try {
  if (flags.has('--sim')) {
    const programs = { 'sim/main': 'sim/main.ts', 'fuzz/main': 'fuzz/main.ts' };
    for (const name of await readdir(join(root, 'bench/micro'))) {
      programs[`bench/micro/${name.replace(/\.ts$/, '')}`] = `bench/micro/${name}`;
    }
    await bundle(programs, join(root, 'build'));
  } else {
    await bundle({ 'cli/main': 'src/cli/main.ts', 'embed/index': 'src/embed/index.ts' }, join(root, 'dist'));
    if (flags.has('--types')) await declarations();
  }
} catch (error) {
  // esbuild has printed its own findings; anything else is said here.
  if (!Array.isArray(error?.errors)) console.error(`build: ${error?.stack ?? error}`);
  console.error(`build: failed in ${relative(process.cwd(), root) || '.'}`);
  process.exit(1);
}
