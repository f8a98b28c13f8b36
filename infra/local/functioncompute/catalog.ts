import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { CodePackage } from './code-package.ts';
import { functionNotFound, Refusal, serviceNotFound } from './refusal.ts';
import type {
  AsyncConfiguration,
  FunctionSettings,
  OnDemandConfiguration,
  ServiceSettings,
} from './settings.ts';
import type { TriggerSettings } from './trigger-settings.ts';

/** A thing that was created and is changed: `revision` is new with every change. Times in ms of cloud time. */
interface Stamps {
  readonly id: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly revision: string;
}

export type Stamped<T> = T & Stamps;

export interface Service {
  record: Stamped<ServiceSettings>;
  readonly name: string;
  readonly functions: Map<string, CloudFunction>;
}

export interface CloudFunction {
  record: Stamped<FunctionSettings>;
  code: CodePackage;
  readonly name: string;
  readonly service: Service;
  readonly triggers: Map<string, Stamped<TriggerSettings>>;
  asyncConfiguration?: Stamped<AsyncConfiguration>;
  onDemandConfiguration?: OnDemandConfiguration;
}

/** What is deployed. Everything is in memory: whoever starts the cloud deploys again. */
export interface Catalog {
  readonly services: Map<string, Service>;
  /** Both take the name as it stands in a path, `service` or `service.LATEST`; they throw NotFound. */
  service(name: string): Service;
  function(service: string, name: string): CloudFunction;
  trigger(fn: CloudFunction, name: string): Stamped<TriggerSettings>;
  stamp<T extends object>(settings: T, earlier?: Stamps): Stamped<T>;
}

export function createCatalog(clock: Clock, random: Random): Catalog {
  const services = new Map<string, Service>();

  const service = (name: string): Service => {
    const found = services.get(unqualified(name));
    if (!found) throw serviceNotFound(unqualified(name));
    return found;
  };

  return {
    services,
    service,
    function(serviceName, name) {
      const owner = service(serviceName);
      const found = owner.functions.get(name);
      if (!found) throw functionNotFound(owner.name, name);
      return found;
    },
    trigger(fn, name) {
      const found = fn.triggers.get(name);
      if (!found) {
        throw new Refusal(
          'TriggerNotFound',
          `trigger '${name}' does not exist in service '${fn.service.name}' and function '${fn.name}'`,
        );
      }
      return found;
    },
    stamp(settings, earlier) {
      const now = clock.now();
      return {
        ...settings,
        id: earlier?.id ?? random.requestId().toLowerCase(),
        createdAt: earlier?.createdAt ?? now,
        modifiedAt: now,
        revision: random.id(32),
      };
    },
  };
}

/** Versions and aliases do not exist here: LATEST is the only qualifier. */
function unqualified(name: string): string {
  const [plain = '', qualifier = 'LATEST'] = name.split('.');
  if (qualifier !== 'LATEST' && qualifier !== '') {
    throw new Refusal(
      'InvalidArgument',
      `qualifier '${qualifier}' of service '${plain}': versions and aliases are not emulated`,
    );
  }
  return plain;
}

export const functionKey = (fn: CloudFunction): string => `${fn.service.name}/${fn.name}`;
