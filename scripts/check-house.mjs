#!/usr/bin/env node

// The rules of STYLE.md and ARCHITECTURE.md that neither the compiler nor Biome nor dependency-cruiser checks.
// Reads the sources with TypeScript's parser. A self-test, run first, shows that each rule of source code refuses what
// it should. Exits 1, with one line `file:line: what is wrong` a finding.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const fileLinesMax = 800;
const functionLinesMax = 100;
const parametersMax = 4;

/** Where time, chance and processes may be named: the edge. Everything else gets them through platform/ports.ts. */
const edge = /^src\/(platform\/node|server|embed|cli)\//;
/**
 * Where nothing waits either: what is pure is called and returns. Of a protocol these are the codec, the sessions and
 * the requests that come with every message; a handler of a rare request may wait.
 */
const synchronous = new RegExp(
  '^src/(base|record|filter|machine|group|transaction|quota|queue|schedule|security)/|' +
    '^src/protocol/[^/]+/(codec/|(session|framing|fetch-session|handlers/(produce|fetch))\\.ts$)',
);
const generated = /\/generated\//;
const ambient = new Set([
  'Date',
  'performance',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'fetch',
  'globalThis',
]);

/** Identifiers that a file declares itself, imports among them: they are not the global of the same name. */
function declaredNames(source) {
  const names = new Set();
  const visit = (node) => {
    const named =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isClassDeclaration(node);
    if (named && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** True where an identifier is a value, not a property's name, a key or a type. */
function isValue(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return parent.name !== node && parent.right !== node;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) {
    return parent.initializer === node;
  }
  if (ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  return !ts.isTypeReferenceNode(parent);
}

function isFunction(node) {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node)
  );
}

/** What hides in a pure file: time, chance, waiting. */
function impurity(node, file, declared) {
  if (ts.isIdentifier(node) && ambient.has(node.text) && !declared.has(node.text) && isValue(node)) {
    return `names the global ${node.text}; take it from a port`;
  }
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random')
    return 'uses Math.random; take a Random';
  if (!synchronous.test(file)) return undefined;
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword)
    return 'is pure and must not wait';
  if (ts.isIdentifier(node) && node.text === 'Promise' && isValue(node))
    return 'is pure and must not make promises';
  return undefined;
}

/** `let` and containers that a module keeps for itself: two brokers in one process would share them. */
function moduleState(statement) {
  if (!ts.isVariableStatement(statement)) return undefined;
  if (!(statement.declarationList.flags & ts.NodeFlags.Const))
    return 'module-level `let`: state belongs to a broker';
  for (const { type, initializer } of statement.declarationList.declarations) {
    if (!initializer || !ts.isNewExpression(initializer)) continue;
    const made = initializer.expression.getText();
    const isReadonly = type && /^Readonly(Map|Set)\b/.test(type.getText());
    if ((made === 'Map' || made === 'Set') && !isReadonly)
      return `module-level ${made}: type it Readonly${made}`;
    if (made === 'WeakMap' || made === 'WeakSet') return `module-level ${made}: state belongs to a broker`;
  }
  return undefined;
}

/** Findings in one source file, as [line, sentence]. */
function inspect(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const findings = [];
  const report = (node, sentence) => {
    findings.push([source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, sentence]);
  };
  if (!/^(#![^\n]*\n+)?\s*(\/\/|\/\*)/.test(text)) findings.push([1, 'does not open with what it is for']);
  for (const statement of source.statements) {
    const state = moduleState(statement);
    if (state) report(statement, state);
  }
  const declared = declaredNames(source);
  const visit = (node) => {
    if (isFunction(node)) {
      const lines = text.slice(node.getStart(source), node.end).split('\n').length;
      if (lines > functionLinesMax) report(node, `a function of ${lines} lines; ${functionLinesMax} at most`);
      const { length } = node.parameters;
      if (length > parametersMax) report(node, `${length} parameters; take an options object`);
    }
    const hidden = edge.test(file) ? undefined : impurity(node, file, declared);
    if (hidden) report(node, hidden);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

/** Sources that break one rule each, with what must be said, and some that break none. */
const examples = [
  ['src/record/a.ts', '// a\nexport const now = () => Date.now();', 'the global Date'],
  ['src/store/a.ts', '// a\nexport const now = () => new Date();', 'the global Date'],
  ['src/broker/a.ts', '// a\nexport const f = () => setTimeout(g, 1);', 'the global setTimeout'],
  ['src/group/a.ts', '// a\nexport const f = () => Math.random();', 'Math.random'],
  ['src/group/a.ts', '// a\nexport const f = () => ({ at: performance.now() });', 'the global performance'],
  ['src/machine/a.ts', '// a\nexport async function f() {}', 'must not wait'],
  ['src/protocol/kafka/codec/a.ts', '// a\nexport const f = async () => {};', 'must not wait'],
  ['src/protocol/kafka/handlers/fetch.ts', '// a\nexport const f = async () => {};', 'must not wait'],
  ['src/protocol/kafka/handlers/metadata.ts', '// a\nexport const f = async () => {};', undefined],
  ['src/record/a.ts', '// a\nexport const f = () => Promise.resolve();', 'must not make promises'],
  ['src/store/a.ts', '// a\nlet count = 0;', 'module-level `let`'],
  ['src/store/a.ts', '// a\nconst seen = new Map();', 'module-level Map'],
  ['src/store/a.ts', 'export const a = 1;', 'does not open with'],
  ['src/store/a.ts', `// a\nfunction f() {\n${'\n'.repeat(functionLinesMax)}}`, 'a function of'],
  ['src/store/a.ts', '// a\nfunction f(a, b, c, d, e) {}', '5 parameters'],
  ['src/record/a.ts', '// a\nexport const f = (process: P) => process.kill();', undefined],
  ['src/record/a.ts', '// a\nexport const f = (x: X) => x.fetch({ Date: 1 });', undefined],
  [
    'src/store/a.ts',
    '// a\nconst known: ReadonlySet<string> = new Set();\nexport async function f() {}',
    undefined,
  ],
  ['src/cli/a.ts', '// a\nexport const f = () => setTimeout(g, Date.now());', undefined],
];

function selfTest() {
  return examples.flatMap(([file, text, expected]) => {
    const said = inspect(file, text).map(([, sentence]) => sentence);
    const right = expected ? said.some((sentence) => sentence.includes(expected)) : said.length === 0;
    return right
      ? []
      : [`check-house: self-test: ${JSON.stringify(text.slice(0, 70))} gave ${JSON.stringify(said)}`];
  });
}

async function filesUnder(folder, wanted) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|build|dist)\//.test(path))
    .sort();
}

const findings = selfTest();
const say = (file, line, sentence) => findings.push(`${file}:${line}: ${sentence}`);

async function sources() {
  const owned = ['src', 'test', 'sim', 'fuzz', 'bench', 'scripts', 'conformance', 'examples'];
  const files = (
    await Promise.all(owned.map((folder) => filesUnder(folder, /\.(ts|mts|mjs|cjs|js|py|sh|java|c|h)$/)))
  ).flat();
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8');
    if (generated.test(file)) continue;
    const lines = text.split('\n').length - 1;
    if (lines > fileLinesMax) say(file, lines, `${lines} lines; ${fileLinesMax} at most`);
    if (!file.startsWith('src/')) continue;
    for (const [line, sentence] of inspect(file, text)) say(file, line, sentence);
  }
  return files.length;
}

/** Folders of src/, with a README each and a line each in ARCHITECTURE.md's tree, marked *planned* until they exist. */
async function folders() {
  const text = await readFile(join(root, 'ARCHITECTURE.md'), 'utf8');
  const [, tree = ''] = /```\n(src\/\n[\s\S]*?)```/.exec(text) ?? [];
  const drawn = new Map();
  for (const [, name, rest] of tree.matchAll(/^ {2}(\w+)\/(.*)$/gm))
    drawn.set(name, /\bplanned\b/.test(rest));
  if (drawn.size === 0)
    say('ARCHITECTURE.md', 1, 'no tree of src/ found (a code block that begins with `src/`)');
  const entries = await readdir(join(root, 'src'), { withFileTypes: true });
  const here = new Set();
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const files = await filesUnder(`src/${entry.name}`, /\.ts$/);
    if (files.length === 0) continue;
    here.add(entry.name);
    if (!drawn.has(entry.name)) say('ARCHITECTURE.md', 1, `the tree has no src/${entry.name}/`);
    if (drawn.get(entry.name)) say('ARCHITECTURE.md', 1, `src/${entry.name}/ is there, not planned`);
    if (!existsSync(join(root, 'src', entry.name, 'README.md')))
      say(`src/${entry.name}`, 1, 'has no README.md');
  }
  for (const [name, planned] of drawn) {
    if (!here.has(name) && !planned)
      say('ARCHITECTURE.md', 1, `src/${name}/ is in the tree, and does not exist`);
  }
}

/** Lock files name no server: each installation uses the registry it is configured for. */
async function lockFiles() {
  const locks = ['package-lock.json', ...(await filesUnder('conformance', /^package-lock\.json$/))];
  for (const file of locks) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    const line = lines.findIndex((each) => /"resolved": "https?:/.test(each));
    if (line >= 0)
      say(file, line + 1, 'names the server of a package; write it with omit-lockfile-registry-resolved');
  }
}

/** Links between documents lead somewhere. */
async function links() {
  const top = (await readdir(root)).filter((name) => name.endsWith('.md'));
  const folders = ['docs', 'src', 'sim', 'fuzz', 'bench', 'conformance', 'test'];
  const files = [...top, ...(await Promise.all(folders.map((folder) => filesUnder(folder, /\.md$/)))).flat()];
  for (const file of files) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      for (const [, target] of line.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        if (!existsSync(join(root, dirname(file), target)))
          say(file, index + 1, `links to ${target}, which is not there`);
      }
    }
  }
}

/** Decision records are numbered without a gap, say where they stand, and are listed. */
async function decisions() {
  const folder = join(root, 'docs/adr');
  const names = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.md$/.test(name)).sort();
  const index = await readFile(join(folder, 'README.md'), 'utf8');
  const numbers = names.map((name) => Number(name.slice(0, 4)));
  for (let number = 1; number <= Math.max(0, ...numbers); number++) {
    const count = numbers.filter((each) => each === number).length;
    if (count !== 1) say('docs/adr', 1, `${count} decisions have number ${String(number).padStart(4, '0')}`);
  }
  for (const name of names) {
    if (!index.includes(`(${name})`)) say('docs/adr/README.md', 1, `does not list ${name}`);
  }
}

/** Every line of the roadmap says where it stands, in one of three words. */
async function roadmap() {
  const lines = (await readFile(join(root, 'ROADMAP.md'), 'utf8')).split('\n');
  let counted = 0;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|') || /^\|[\s|:-]+\|$/.test(line) || /^\|\s*Capability\s*\|/.test(line)) continue;
    counted += 1;
    const [, , state = ''] = line.split('|');
    if (!/^\s*(works|partly|not yet)\s*$/.test(state))
      say('ROADMAP.md', index + 1, 'state is works, partly or not yet');
  }
  if (counted === 0) say('ROADMAP.md', 1, 'has no table of capabilities');
}

/** README's two commands are the ones that CI runs and that package.json has. */
async function readme() {
  const text = await readFile(join(root, 'README.md'), 'utf8');
  const ci = await readFile(join(root, '.ci/run'), 'utf8');
  for (const command of ['npm ci && npm start', 'npm ci && npm test']) {
    if (!text.includes(command)) say('README.md', 1, `doesn't show \`${command}\``);
  }
  if (!ci.includes('npm ci && npm test'))
    say('.ci/run', 1, "doesn't call `npm ci && npm test`, as README says");
}

const count = await sources();
await Promise.all([folders(), lockFiles(), links(), decisions(), roadmap(), readme()]);
for (const finding of findings) console.error(finding);
if (findings.length > 0) {
  console.error(`check-house: ${findings.length} findings`);
  process.exit(1);
}
console.log(
  `check-house: ${count} files and the documents are in order; ${examples.length} examples judged rightly`,
);
