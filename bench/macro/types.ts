// The words of the harness: targets and running brokers, figures and their rows, measurements and goals.

/** A broker that can be measured. `disk` is no broker: it is what the disk does by itself, in the same run. */
export type TargetName = 'polylog' | 'kafka' | 'kafka-fsync' | 'rocketmq' | 'rocketmq-fsync';
export type SeriesName = TargetName | 'disk';

export interface Broker {
  readonly target: TargetName;
  readonly pid: number;
  /** Other processes that belong to it. */
  readonly alsoPids?: readonly number[];
  /** HOST:PORT that clients bootstrap from. */
  readonly bootstrap: string;
  /** The same of the listener with TLS; undefined where none was asked for. */
  readonly tlsBootstrap: string | undefined;
  /** HOST:PORT of RocketMQ's gRPC protocol; undefined where none was asked for. */
  readonly grpc: string | undefined;
  /** -X of librdkafka clients that are to reach it. */
  readonly clientSettings?: readonly string[];
  /** Seconds from exec to the first answer to ApiVersions; of RocketMQ to the first connection. */
  readonly startS: number;
  /** The last lines that the broker said. */
  logTail(): string;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** kill -9, and waits for the end. */
  kill(): Promise<void>;
}

/** What the processes used during a measurement; what is left out was not measured. */
export interface Usage {
  readonly wallS: number;
  readonly messages: number;
  readonly brokerCpuS: number;
  readonly clientCpuS: number;
  /** What the broker caused to be written to storage, /proc/PID/io write_bytes. */
  readonly brokerWrittenBytes: number;
  /** Cores that other programs kept busy meanwhile, steal of the hypervisor included: what blurs a number. */
  readonly otherCores: number;
}

export interface Measurement {
  readonly value: number;
  readonly usage?: Usage;
  /** Anything a reader should see beside the number. */
  readonly note?: string;
}

/** What is to be reached by polylog's median. */
export type Goal =
  | { readonly kind: 'ratio'; readonly to: SeriesName; readonly op: '>=' | '<='; readonly limit: number }
  | { readonly kind: 'absolute'; readonly op: '>=' | '<='; readonly limit: number };

export interface Row {
  readonly id: string;
  readonly title: string;
  /** The program that makes the load, with the settings that matter. */
  readonly client: string;
  readonly unit: string;
  readonly goals: readonly Goal[];
}

/** A disk measurement that runs beside a figure, once a run. */
interface DiskProbe {
  readonly row: string;
  readonly chunkBytes: number;
  readonly value: 'mbPerS' | 'p50Ms';
}

/** What a figure may ask of a broker beyond its defaults. */
export interface StartSettings {
  /** A PEM file of a private key and its certificate: a second listener speaks TLS and shows it. */
  readonly tlsKeyFile?: string;
  /** Polylog listens for RocketMQ's clients, too. */
  readonly rocketmq?: boolean;
  /** Settings that both brokers know by the same name: NAME=VALUE. */
  readonly set?: readonly string[];
}

export interface FigureContext {
  readonly options: Options;
  readonly target: TargetName;
  /** Starts the target on this run's data directory, which is empty at first and is kept between starts. */
  start(settings?: StartSettings): Promise<Broker>;
  /** An empty directory of this run, on the same disk as the data. */
  readonly scratch: string;
  log(text: string): void;
}

export interface Figure {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly disk?: DiskProbe;
  /** Runs only with --long. */
  readonly long?: boolean;
  /** Needs Kafka's Java tools. */
  readonly java?: boolean;
  /** Which targets it can measure: Polylog and Kafka where it doesn't say. */
  readonly targets?: readonly TargetName[];
  /** One run on one target: a measurement for each row. */
  measure(context: FigureContext): Promise<Record<string, Measurement>>;
}

export interface Options {
  readonly only: readonly string[];
  readonly runs: number;
  /** How long a measured pass should last at least. */
  readonly seconds: number;
  readonly smoke: boolean;
  readonly long: boolean;
  readonly targets: readonly TargetName[];
  readonly out: string | undefined;
  readonly paths: Paths;
}

/** Where the tools are; run.sh says. */
interface Paths {
  readonly repository: string;
  /** The built command, dist/cli/main.js unless another build is to be measured. */
  readonly polylog: string;
  /** The built drivers of bench/macro/drivers. */
  readonly drivers: string;
  readonly rdkafkaPerformance: string;
  /** Where bench/peers/kafka/install.sh put Kafka, or undefined when it is not there. */
  readonly kafka: string | undefined;
  /** Where bench/peers/rocketmq/install.sh put RocketMQ, or undefined when it is not there. */
  readonly rocketmq: string | undefined;
  /** Data of the runs; emptied. */
  readonly work: string;
  readonly portBase: number;
}
