/** The table of moving partitions in docs/protocols/assignors.md says what the assignors do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { uuidFromBytes } from '../../../src/base/uuid.ts';
import type { AssignableMember, AssignableTopic, Assigned } from '../../../src/group/assign/assignor.ts';
import { ASSIGNORS } from '../../../src/group/assign/registry.ts';
import type { Assignment } from '../../../src/group/consumer/model.ts';

const PAGE = join(import.meta.dirname, '../../../docs/protocols/assignors.md');
const TABLE = /(<!-- moves:[^\n]*-->\n)[\s\S]*?(<!-- \/moves -->)/;
const PARTITIONS = 120;
const NOTHING: Assignment = new Map();

const topic: AssignableTopic = {
  id: uuidFromBytes(Buffer.from('orders..........')),
  name: 'orders',
  partitionCount: PARTITIONS,
  racksOf: () => [],
};

const member = (number: number, current: Assignment = NOTHING): AssignableMember => ({
  memberId: `member-${String(number).padStart(2, '0')}`,
  instanceId: null,
  rackId: null,
  topics: [topic],
  current,
});

function owners(assigned: Assigned): string[] {
  const all: string[] = [];
  for (const [memberId, assignment] of assigned)
    for (const p of assignment.get(topic.id) ?? []) all[p] = memberId;
  return all;
}

function loads(assigned: Assigned, members: readonly AssignableMember[]): string {
  const counts = members.map(({ memberId }) => assigned.get(memberId)?.get(topic.id)?.length ?? 0);
  return `${Math.min(...counts)}–${Math.max(...counts)}`;
}

const moved = (before: Assigned, after: Assigned): number => {
  const now = owners(after);
  return owners(before).filter((owner, p) => now[p] !== owner).length;
};

function row(name: string): string {
  const assign = ASSIGNORS.get(name)!;
  const ten = Array.from({ length: 10 }, (_, i) => member(i));
  const first = assign({ epoch: 1, members: ten });
  const keep = (members: readonly AssignableMember[], assigned: Assigned): AssignableMember[] =>
    members.map((m) => ({ ...m, current: assigned.get(m.memberId) ?? NOTHING }));
  const eleven = [...keep(ten, first), member(10)];
  const joined = assign({ epoch: 2, members: eleven });
  const left = keep(eleven, joined).filter(({ memberId }) => memberId !== 'member-03');
  const last = assign({ epoch: 3, members: left });
  const cells = [name, moved(first, joined), moved(joined, last), loads(first, ten), loads(joined, eleven)];
  return `| ${cells.map((cell, i) => (i === 0 ? `\`${cell}\`` : cell)).join(' | ')} |`;
}

test('the table is what the assignors do', () => {
  const least = Math.floor(PARTITIONS / 11);
  const table = [
    '| Assignor | Move when one joins | Move when one leaves | Partitions a member, of 10 | of 11 |',
    '|---|---|---|---|---|',
    `| *must move* | ${least} | ${least}–${least + 1} | 12–12 | ${least}–${least + 1} |`,
    ...[...ASSIGNORS.keys()].map(row),
    '',
  ].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toMatch(TABLE);
  const made = page.replace(TABLE, (_, head: string, end: string) => `${head}\n${table}\n${end}`);
  if (process.env.UPDATE_TRANSCRIPTS === '1') writeFileSync(PAGE, made);
  else expect(page).toBe(made);
});
