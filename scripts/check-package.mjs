#!/usr/bin/env node

// Makes the package that would be published, unpacks it beside nothing but its dependencies, and uses it: a program
// against its types is compiled, a broker is started in a process and as a command, and both are stopped. Exits 1 when
// anything of that fails.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = promisify(execFile);
const wantedFiles = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/cli/main.js',
  'dist/embed/index.js',
];
const { dependencies, bin, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

const program = `
import { BrokerError, type EmbeddedBroker, startBroker } from 'polylog';

const broker: EmbeddedBroker = await startBroker({ data: 'memory' });
const bootstrap: string = broker.bootstrap;
await broker.close();
console.log(bootstrap, BrokerError.name);
// @ts-expect-error the options are typed
await startBroker({ data: 1 }).catch(() => undefined);
`;

const javascript = `
import { connect } from 'node:net';
import { once } from 'node:events';
import { startBroker } from 'polylog';

const broker = await startBroker();
const socket = connect(broker.port, broker.host);
await once(socket, 'connect');
await broker.close();
socket.destroy();
`;

async function unpack(directory) {
  const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', directory], {
    cwd: root,
  });
  // What scripts print stands before the JSON.
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.search(/^\[$/m)));
  const names = new Set(files.map(({ path }) => path));
  for (const name of wantedFiles) if (!names.has(name)) throw new Error(`the package has no ${name}`);
  const home = join(directory, 'node_modules/polylog');
  await mkdir(home, { recursive: true });
  await run('tar', ['-xzf', join(directory, filename), '-C', home, '--strip-components=1']);
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = join(directory, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
  return home;
}

async function compile(directory) {
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(directory, 'program.ts'), program);
  const flags =
    '--noEmit --strict --target ES2022 --lib ES2023,ESNext.Disposable --module NodeNext --types node'.split(
      ' ',
    );
  const options = { cwd: directory };
  await run(join(root, 'node_modules/.bin/tsc'), [...flags, 'program.ts'], options).catch((error) => {
    throw new Error(`a program against the package's types doesn't compile:\n${error.stdout}`);
  });
}

async function startCommand(directory, home) {
  const main = join(home, bin.polylog);
  const { stdout } = await run(process.execPath, [main, '--version']);
  if (stdout.trim() !== version) throw new Error(`polylog --version says ${stdout.trim()}, not ${version}`);
  const flags = ['start', '--data', join(directory, 'data'), '--listen', 'kafka://127.0.0.1:0'];
  const broker = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const exit = once(broker, 'exit');
    const [line = 'nothing'] = await Promise.race([once(createInterface(broker.stdout), 'line'), exit]);
    if (!/^polylog ready kafka:\/\/127\.0\.0\.1:\d+/.test(line))
      throw new Error(`polylog start printed ${line}`);
    broker.kill('SIGTERM');
    const [code] = await exit;
    if (code !== 0) throw new Error(`polylog start ended with ${code} after SIGTERM`);
  } finally {
    broker.kill('SIGKILL');
  }
}

const directory = await mkdtemp(join(tmpdir(), 'polylog-package-'));
try {
  const home = await unpack(directory);
  await compile(directory);
  await writeFile(join(directory, 'program.mjs'), javascript);
  await run(process.execPath, [join(directory, 'program.mjs')], { timeout: 60_000 });
  await startCommand(directory, home);
  console.log('check-package: packed, compiled against, started in a process and as a command');
} catch (error) {
  console.error(`check-package: ${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
