#!/usr/bin/env node

// Completes a package-lock.json with the optional packages of other platforms.
//
//   node scripts/complete-lock.mjs [FILE]     FILE: package-lock.json by default
//
// npm leaves an optional package out of the lock where the registry at hand does not have it, and then `npm ci` refuses
// the lock as out of step. What is added here has version, system and processor from the package's name, so that npm
// passes over it on other systems and installs it on its own.

import { readFileSync, writeFileSync } from 'node:fs';

const PROCESSORS = ['arm64', 'x64', 'ia32', 'arm', 'riscv64', 's390x', 'ppc64', 'loong64'];
const SYSTEMS = [
  'darwin',
  'linux',
  'win32',
  'freebsd',
  'android',
  'openbsd',
  'netbsd',
  'sunos',
  'openharmony',
];

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

/** Whether a package that stands at `path` finds `name`, as Node looks for it. */
function isLocked(path, name) {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    if (`${folder}/node_modules/${name}` in packages) return true;
    if (!folder.includes('/node_modules/')) return `node_modules/${name}` in packages;
  }
}

function entry(name, version, dev) {
  const words = name.split('/').at(-1).split('-');
  const processor = PROCESSORS.find((word) => words.includes(word));
  const system = SYSTEMS.find((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu')) && 'glibc';
  return {
    version,
    ...(processor && { cpu: [processor] }),
    ...(dev && { dev }),
    ...(libc && { libc: [libc] }),
    optional: true,
    ...(system && { os: [system] }),
  };
}

let added = 0;
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(path, name) || !/^\d/.test(version)) continue;
    packages[`node_modules/${name}`] = entry(name, version, dev);
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${file}: ${added} added`);
