import type { Place } from '../resources/names.ts';
import { functionPolicyJson, TRUST_POLICY } from '../resources/role.ts';
import { CloudError } from './cloud-error.ts';
import { type Configuration, PROVIDER, readConfiguration, unknownEvents } from './configuration.ts';
import { deployStage, describeStage, removeStage, type Told } from './deployment.ts';
import { checkEnvironments } from './environment.ts';
import { packageOnce } from './kept-packages.ts';
import { loadPackages, type Packages, savePackages } from './package-folder.ts';
import { type Plan, planOf } from './plan.ts';
import { descriptionLines, lineOf, tally } from './report.ts';
import { type ConfigSchemaHandler, defineSchema } from './schema.ts';
import { sizeOf } from './size.ts';
import { type Target, targetOf } from './target.ts';
import { cloudVariable } from './variables.ts';

/** The part of osls that a provider meets. Source: osls, lib/serverless.js, lib/classes/service.js. */
export interface Serverless {
  readonly serviceDir: string;
  readonly configSchemaHandler: ConfigSchemaHandler;
  readonly service: {
    readonly provider: Readonly<Record<string, unknown>> & { readonly stage: string };
    readonly functions: Readonly<Record<string, Record<string, unknown>>>;
  };
  readonly processedInput: { readonly commands: readonly string[]; readonly isHelpRequest: boolean };
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  setProvider(name: string, provider: object): void;
}

export interface Options {
  readonly stage?: string;
  /** A folder with archives that `serverless package` made; they are deployed as they are. */
  readonly package?: string;
  readonly 'with-state'?: boolean;
}

interface Writers {
  readonly log: { notice(text?: string): void; success(text: string): void };
  readonly writeText: (text: string | readonly string[]) => void;
  readonly progress: { get(name: string): { notice(text: string): void; remove(): void } };
}

/** Commands that reach for the cloud; the others work without one. */
const CLOUD_COMMANDS = ['deploy', 'remove', 'info', 'role'];

/** A package is the same for every place; the plan is made all the same, as making it checks serverless.yml. */
const NOWHERE: Place = { region: '', accountId: '' };

/**
 * `provider: aliyun` for osls: packages the functions, deploys them with what triggers them to Function Compute, and
 * makes the tables and queues that `infra/resources` declares. A class, as osls takes a plugin by its constructor.
 */
export class AliyunProvider {
  readonly commands = {
    remove: {
      options: {
        'with-state': {
          usage: 'Drop the tables and queues too, and with them all record of the addresses that are held',
          type: 'boolean',
        },
      },
    },
    role: {
      usage: 'Print the RAM policies of the role that the functions act as',
      lifecycleEvents: ['print'],
    },
  };
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly configurationVariablesSources: object;

  readonly #serverless: Serverless;
  readonly #options: Options;
  readonly #writers: Writers;
  #packages: Packages | undefined;
  #target: Target | undefined;

  static getProviderName(): string {
    return PROVIDER;
  }

  constructor(serverless: Serverless, options: Options, writers: Writers) {
    this.#serverless = serverless;
    this.#options = options;
    this.#writers = writers;
    serverless.setProvider(PROVIDER, this);
    defineSchema(serverless.configSchemaHandler);
    this.configurationVariablesSources = {
      cloud: {
        resolve: ({ address }: { address?: string }) =>
          this.#worded(() => ({ value: cloudVariable(address ?? '', this.#target) })),
      },
    };
    this.hooks = {
      initialize: () => this.#worded(() => this.#check()),
      'before:package:createDeploymentArtifacts': () => this.#worded(() => this.#package()),
      'deploy:deploy': () => this.#worded(() => this.#deploy()),
      'remove:remove': () => this.#worded(() => this.#remove()),
      'info:info': () => this.#worded(() => this.#info()),
      'role:print': () => this.#worded(() => this.#printRole()),
    };
  }

  /**
   * Called by osls before it resolves the last variables and validates. What would otherwise come out as one message
   * for each variable, or without the names that are known, is said here once.
   */
  async asyncInit(): Promise<void> {
    const { processedInput, service, serviceDir } = this.#serverless;
    if (processedInput.isHelpRequest) return;
    await this.#worded(() => {
      const unknown = unknownEvents(service.functions);
      if (unknown.length > 0) throw new Error(unknown.join('\n'));
      const [command = ''] = processedInput.commands;
      if (!CLOUD_COMMANDS.includes(command)) return;
      this.#target = targetOf({
        stage: this.#stage,
        folder: serviceDir,
        env: process.env,
        writesFunctions: command === 'deploy',
      });
    });
  }

  get #stage(): string {
    return this.#options.stage ?? this.#serverless.service.provider.stage;
  }

  /** Before anything is packaged or changed: functions that cannot start would be deployed without a word. */
  #check(): void {
    if (this.#serverless.processedInput.commands[0] === 'deploy') checkEnvironments(this.#configuration());
  }

  async #package(): Promise<void> {
    const { service, serviceDir } = this.#serverless;
    const progress = this.#writers.progress.get('package');
    progress.notice('Packaging the functions');
    const sources = this.#plan(NOWHERE).functions;
    const packages = await packageOnce(sources, serviceDir);
    const artifacts = savePackages(packages, serviceDir, this.#options.package);
    // osls packs everything below the folder for a function that has no artifact yet.
    for (const [name, artifact] of artifacts)
      Object.assign(service.functions[name] ?? {}, { package: { artifact } });
    this.#packages = packages;
    progress.remove();
    if (this.#serverless.processedInput.commands[0] === 'package') this.#reportPackages(packages, artifacts);
  }

  #reportPackages(packages: Packages, artifacts: ReadonlyMap<string, string>): void {
    for (const [name, { zip, bundled }] of packages) {
      this.#writers.log.notice(
        `  ${name.padEnd(12)} ${sizeOf(zip.length).padStart(8)} of ${sizeOf(bundled)}  ${artifacts.get(name)}`,
      );
    }
  }

  async #deploy(): Promise<void> {
    const target = this.#reachedTarget();
    const { log, progress } = this.#writers;
    const plan = this.#plan(target);
    const packages =
      this.#packages ?? loadPackages(plan.functions, this.#serverless.serviceDir, this.#options.package);
    const started = performance.now();
    const told: Told[] = [];
    log.notice(`Deploying ${plan.service} to ${target.region}, account ${target.accountId}`);
    log.notice();
    progress.get('deploy').notice('Comparing with what is there');
    await deployStage(target, plan, packages, this.#listener(told));
    progress.get('deploy').remove();

    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const changes = tally(told);
    log.notice();
    log.success(
      changes
        ? `${plan.service} deployed in ${seconds} s: ${changes}`
        : `${plan.service} is up to date, nothing changed`,
    );
    const described = await describeStage(target);
    for (const { name, url } of described?.urls ?? []) log.notice(`  ${name}: ${url}`);
  }

  async #remove(): Promise<void> {
    const target = this.#reachedTarget();
    const { log } = this.#writers;
    const withState = this.#options['with-state'] === true;
    const told: Told[] = [];
    await removeStage(target, { withState }, this.#listener(told));
    const changes = tally(told);
    log.notice();
    log.success(changes ? `removed: ${changes}` : 'nothing to remove');
    if (!withState) {
      log.notice(
        '  Tables and queues stay, they hold the addresses; `serverless remove --with-state` drops them.',
      );
    }
  }

  async #info(): Promise<void> {
    const target = this.#reachedTarget();
    const described = await describeStage(target);
    if (!described) {
      throw new Error(
        `nothing is deployed to stage "${target.stage}"; deploy it with serverless deploy --stage ${target.stage}`,
      );
    }
    this.#writers.writeText(
      [`stage: ${target.stage}`, `region: ${target.region}`, ...descriptionLines(described)].join('\n'),
    );
  }

  async #printRole(): Promise<void> {
    const target = this.#reachedTarget();
    const policy = functionPolicyJson(target.stage, target, target.tablestoreInstance);
    this.#writers.writeText(
      `trust policy:\n${JSON.stringify(TRUST_POLICY, undefined, 2)}\npolicy:\n${policy}`,
    );
  }

  #plan(place: Place): Plan {
    return planOf(this.#configuration(), this.#stage, place);
  }

  #configuration(): Configuration {
    const { provider, functions } = this.#serverless.service;
    return readConfiguration({ provider, functions });
  }

  #reachedTarget(): Target {
    // A TypeError, as it is no message for who deploys.
    if (!this.#target) throw new TypeError('the command is missing in CLOUD_COMMANDS');
    return this.#target;
  }

  #listener(told: Told[]) {
    return {
      tell: (one: Told) => {
        told.push(one);
        this.#writers.log.notice(`  ${lineOf(one)}`);
      },
    };
  }

  /** What a person can act on is shown by osls without a stack trace; anything else is a fault of ours and keeps it. */
  async #worded<T>(doing: () => T | Promise<T>): Promise<T> {
    try {
      return await doing();
    } catch (error) {
      if (error instanceof CloudError) throw new this.#serverless.classes.Error(error.message, error.code);
      if (error instanceof Error && error.constructor === Error) {
        throw new this.#serverless.classes.Error(error.message, 'HOLDFAST');
      }
      throw error;
    }
  }
}
