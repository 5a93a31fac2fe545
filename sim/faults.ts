/** Makes faults happen in a running world, at times from the seed, and ends them all. */
import type { BrokerHost } from './broker-host.ts';
import type { SimClient } from './clients/client.ts';
import type { Member } from './clients/member.ts';
import { CALM_NET, type SimNetwork } from './net.ts';
import type { Fault, Plan } from './plan.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';
import { PAGE_BYTES, type SimVolume } from './volume.ts';

/** What faults act on. */
export interface FaultTargets {
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly network: SimNetwork;
  readonly host: BrokerHost;
  readonly prng: Prng;
  readonly clients: readonly SimClient[];
  readonly members: readonly Member[];
  addMember(): void;
  note(line: string): void;
}

/** How long the disk counts as sick behind a window of failures: the broker may notice late. */
const SICK_AFTER_MS = 3000;

export class FaultMaker {
  readonly #plan: Plan;
  readonly #targets: FaultTargets;
  #stopped = false;
  #sickUntilUs = 0;

  constructor(plan: Plan, targets: FaultTargets) {
    this.#plan = plan;
    this.#targets = targets;
  }

  start(): void {
    if (this.#plan.faults.length > 0) this.#next();
  }

  /** Ends all faults; what they broke stays to be repaired by those who met them. */
  stop(): void {
    this.#stopped = true;
    const { volume, network, host, scheduler } = this.#targets;
    this.#healDisk();
    Object.assign(network.conditions, CALM_NET);
    if (host.disk !== null) host.disk.crashAt = null;
    // A broker that is down because of the disk may still fail in what it had begun.
    scheduler.schedule(SICK_AFTER_MS * 1000, null, () => {
      host.diskIsSick = false;
    });
    volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
  }

  #next(): void {
    const { scheduler, prng } = this.#targets;
    scheduler.schedule(1000 * prng.int(2 * this.#plan.faultEveryMs), null, () => {
      if (this.#stopped) return;
      this.#make(prng.pick(this.#plan.faults));
      this.#next();
    });
  }

  #make(fault: Fault): void {
    const { host, prng, clients, members, note } = this.#targets;
    note(`fault: ${fault}`);
    const connected = clients.filter((client) => client.connected);
    const some = (act: (client: SimClient) => void): void => {
      if (connected.length > 0) act(prng.pick(connected));
    };
    const someMember = (act: (member: Member) => void): void => {
      if (members.length > 0) act(prng.pick(members));
    };
    const makers: Record<Fault, () => void> = {
      crash: () => host.crash(prng.pick(['none', 'prefix', 'pages', 'pages'] as const)),
      kill: () => host.crash('all'),
      'crash-at-operation': () => this.#crashSoon(),
      reset: () => some((client) => client.connection?.reset('connection reset by peer')),
      cut: () => some((client) => client.connection?.cut(client.noticesCutsAfterMs)),
      stall: () => some((client) => client.connection?.stall(prng.between(10, 8000))),
      clock: () => host.jumpClock(prng.pick([-1, 1]) * prng.pick([10, 1000, 60_000, 3_600_000])),
      'disk-full': () => this.#sickDisk('disk-full'),
      'flush-fails': () => this.#sickDisk('flush-fails'),
      'slow-disk': () => this.#sickDisk('slow-disk'),
      'reads-fail': () => this.#sickDisk('reads-fail'),
      'bad-network': () => this.#badNetwork(),
      'member-dies': () => someMember((member) => member.kill()),
      'member-leaves': () => someMember((member) => member.leave()),
      'member-joins': () => this.#targets.addMember(),
    };
    makers[fault]();
  }

  #crashSoon(): void {
    const { host, prng } = this.#targets;
    if (host.disk === null) return;
    host.disk.crashAt = { operation: host.disk.operations + prng.between(1, 200), half: prng.chance(0.5) };
  }

  #badNetwork(): void {
    const { network, prng, scheduler } = this.#targets;
    Object.assign(network.conditions, {
      latencyUsMax: prng.pick([300, 5000, 50_000]),
      spikes: prng.pick([0.01, 0.2]),
      chunkBytesMax: prng.pick([7, 100, 2000]),
    });
    scheduler.schedule(1000 * prng.between(100, 2000), null, () =>
      Object.assign(network.conditions, CALM_NET),
    );
  }

  #sickDisk(fault: 'disk-full' | 'flush-fails' | 'slow-disk' | 'reads-fail'): void {
    const { volume, prng, scheduler, host } = this.#targets;
    const { faults } = volume;
    if (fault === 'slow-disk') faults.slowness = prng.between(5, 100);
    else if (fault === 'disk-full') {
      faults.capacityBytes = volume.usedBytes() + PAGE_BYTES * prng.int(20);
    } else {
      host.diskIsSick = true;
      if (fault === 'flush-fails') faults.datasyncFails = prng.pick([0.05, 1]);
      else faults.readFails = prng.pick([0.02, 0.5]);
    }
    const forMs = prng.between(50, 1500);
    this.#sickUntilUs = Math.max(this.#sickUntilUs, scheduler.nowUs + 1000 * (forMs + SICK_AFTER_MS));
    scheduler.schedule(1000 * forMs, null, () => this.#healDisk());
    scheduler.schedule(1000 * (forMs + SICK_AFTER_MS), null, () => {
      if (scheduler.nowUs >= this.#sickUntilUs) host.diskIsSick = false;
    });
  }

  #healDisk(): void {
    Object.assign(this.#targets.volume.faults, {
      datasyncFails: 0,
      readFails: 0,
      slowness: 1,
      capacityBytes: Number.POSITIVE_INFINITY,
    });
  }
}
